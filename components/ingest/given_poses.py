"""Poses that come with a capture: find their files, match them to photos, and add them to the entries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from components.ingest.check_image import CheckedImage
from components.ingest.choose_photos import PHOTO_SUFFIXES, is_hidden
from components.ingest.match_masks import is_mask
from components.ingest.read_transforms import SINGLE, TEST, TRAIN, VAL, Frame, read_transforms
from components.ingest.safe_names import safe_name
from components.ingest.source_file import SourceFile
from components.shared.contracts.capture import CaptureImage, ImageVerdict
from components.shared.errors import InputError

_SUFFIXES = (".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG")
_MIN_TRAINING_PHOTOS = 3


@dataclass(frozen=True, slots=True)
class GivenPoses:
    """The frames of a capture's files of poses."""

    frames: dict[Path, Frame]
    """By the local path of their photo."""
    missing: list[Frame]
    """Those whose photo is not in the capture."""

    def named(self, files: list[SourceFile]) -> list[SourceFile]:
        """Of `files` the photos that have a pose, and all masks."""
        return [file for file in files if file.path in self.frames or is_mask(file.name)]

    def missing_images(self) -> list[CaptureImage]:
        """Entries for the photos that are not in the capture."""
        return [
            CaptureImage(
                name=safe_name(frame.path),
                verdict=ImageVerdict.UNREADABLE,
                reason=f"{safe_name(frame.source)} names it, but it is not in the capture",
            )
            for frame in self.missing
        ]

    def assign(self, checked: list[CheckedImage]) -> None:
        """Write the poses of accepted photos into their entries.

        Raises:
            InputError: a photo has another size or aspect ratio than its intrinsics are for.
        """
        first: dict[str, CaptureImage] = {}
        for image in checked:
            if not image.info.is_accepted:
                continue
            assert image.source.path is not None, "photos are always fetched"
            frame = self.frames[image.source.path]
            if frame.intrinsics.size is None:
                _check_sizes(frame.source, first.setdefault(frame.source, image.info), image.info)
            image.update(pose=frame.pose(image.info.width, image.info.height))


def read_given_poses(files: list[SourceFile]) -> GivenPoses | None:
    """The poses that come with a capture, or None.

    They are read from a `transforms_train.json` or `transforms.json` whose folder holds all photos. Photos of
    `transforms_test.json` are held out of training, or those of `transforms_val.json` where there is no test.

    Raises:
        InputError: such a file is damaged, its cameras are not pinholes, or the capture has too few of its
            photos.
    """
    sources = _find(files)
    if not sources:
        return None
    frames = [frame for file, held_out in sources for frame in read_transforms(file, held_out=held_out)]
    paths = {file.name: file.path for file in files if _is_photo(file.name)}
    poses = GivenPoses({}, [])
    for frame in frames:
        path = _photo_of(frame, paths)
        if path is None:
            poses.missing.append(frame)
        else:
            poses.frames.setdefault(path, frame)
    _check_count(sources[-1][0].name, poses)
    return poses


def _check_count(source: str, poses: GivenPoses) -> None:
    training = sum(not frame.held_out for frame in poses.frames.values())
    missing = [frame for frame in poses.missing if not frame.held_out]
    if training >= _MIN_TRAINING_PHOTOS:
        return
    absent = (
        f", and for {len(missing)} that are not in the capture, {missing[0].path} first" if missing else ""
    )
    raise InputError(
        f"{source} gives poses for {training} photos to train on{absent}; "
        f"at least {_MIN_TRAINING_PHOTOS} are needed",
        remedy="Give the folder that holds both the file and its photos, at the paths that it names."
        if missing
        else "Add photos, or take the file out of the capture: poses are then computed from the photos.",
    )


def _check_sizes(source: str, first: CaptureImage, other: CaptureImage) -> None:
    if (first.width, first.height) == (other.width, other.height):
        return
    raise InputError(
        f"{source} does not state the size of the photos, and the photos differ: {first.name} has "
        f"{first.width} x {first.height} pixels, {other.name} has {other.width} x {other.height}",
        remedy="Give all photos in one size, or add w and h to each frame.",
    )


def _find(files: list[SourceFile]) -> list[tuple[SourceFile, bool]]:
    """The files to read, each with whether its photos are held out; held-out ones come first."""
    named = {file.name: file for file in files if file.path is not None and not is_hidden(file.name)}
    photos = [PurePosixPath(name) for name in named if _is_photo(name)]
    mains = [
        name
        for name in named
        if PurePosixPath(name).name in (TRAIN, SINGLE)
        and all(photo.is_relative_to(PurePosixPath(name).parent) for photo in photos)
    ]
    if not mains:
        return []
    main = min(mains, key=lambda name: (name.count("/"), PurePosixPath(name).name == SINGLE, name))
    if PurePosixPath(main).name == SINGLE:
        return [(named[main], False)]
    beside = [str(PurePosixPath(main).with_name(name)) for name in (TEST, VAL)]
    held_out = [(named[name], True) for name in beside if name in named][:1]
    return [*held_out, (named[main], False)]


def _photo_of(frame: Frame, paths: dict[str, Path | None]) -> Path | None:
    """Path of the frame's photo, also where the frame leaves the suffix out; None if there is none."""
    for suffix in ("", *_SUFFIXES):
        path = paths.get(frame.path + suffix)
        if path is not None:
            return path
    return None


def _is_photo(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES and not is_hidden(name)
