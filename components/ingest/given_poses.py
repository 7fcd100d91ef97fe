"""Captures whose poses are known: which files tell them, which photos they name, and what each got."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from components.ingest.check_image import CheckedImage
from components.ingest.choose_photos import PHOTO_SUFFIXES, Chosen, is_hidden, safe_name
from components.ingest.match_masks import is_mask
from components.ingest.read_transforms import SINGLE, TEST, TRAIN, VAL, Frame, read_transforms
from components.ingest.records import UNREADABLE, ImageRecord, SourceFile
from components.shared.errors import InputError

_USUAL_SUFFIXES = (".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG")
_LEAST = 3


@dataclass(frozen=True, slots=True)
class GivenPoses:
    """The frame of each photo by where it lies on this disk, and what is named and is not there."""

    frames: dict[Path, Frame]
    missing: list[Frame]

    def named(self, files: list[SourceFile]) -> list[SourceFile]:
        """Of the capture's files the photos that have a pose, and all masks."""
        return [file for file in files if file.path in self.frames or is_mask(file.name)]

    def report_missing(self, chosen: Chosen) -> None:
        for frame in self.missing:
            reason = f"{frame.source} names it, and it is not there"
            chosen.rejected.append(ImageRecord(name=safe_name(frame.path), verdict=UNREADABLE, reason=reason))

    def write_into(self, photos: list[SourceFile], checked: list[CheckedImage]) -> None:
        """Record the poses of the accepted `checked`, which are those of `photos` in the same order.

        Raises:
            InputError: a photo is of another size than its lens.
        """
        sizes: dict[str, ImageRecord] = {}
        for photo, image in zip(photos, checked, strict=True):
            if not image.record.is_accepted:
                continue
            assert photo.path is not None, "photos are always fetched"
            frame, record = self.frames[photo.path], image.record
            if frame.lens.size is None:
                _check_sizes(frame.source, sizes.setdefault(frame.source, record), record)
            record.pose = frame.pose(record.width, record.height)


def read_given_poses(files: list[SourceFile]) -> GivenPoses | None:
    """The poses that come with a capture, or None.

    A `transforms_train.json` or `transforms.json` counts whose folder holds all photos. Photos of
    `transforms_test.json` are held out of training, or those of `transforms_val.json` where there is no test.

    Raises:
        InputError: such a file is damaged, its cameras are no pinholes, or too few of its photos are there.
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
    trained_on = sum(not frame.held_out for frame in poses.frames.values())
    missing = [frame for frame in poses.missing if not frame.held_out]
    if trained_on >= _LEAST:
        return
    gone = (
        f", and {len(missing)} more that are not in the capture, {missing[0].path} first" if missing else ""
    )
    raise InputError(
        f"{source} gives poses for {trained_on} photos to train on{gone}; at least {_LEAST} are needed",
        remedy="Give the folder that holds both the file and its photos, at the places that it names."
        if missing
        else "Add photos, or take the file out of the capture: the poses are then found from the photos.",
    )


def _check_sizes(source: str, first: ImageRecord, other: ImageRecord) -> None:
    if (first.width, first.height) == (other.width, other.height):
        return
    raise InputError(
        f"{source} says of no size that its lens is for it, and the photos differ: {first.name} has "
        f"{first.width} x {first.height} pixels, {other.name} has {other.width} x {other.height}",
        remedy="Give all photos in one size, or add w and h to each frame.",
    )


def _find(files: list[SourceFile]) -> list[tuple[SourceFile, bool]]:
    """The files to read and whether their photos are held out, those that are come first."""
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
    """Blender's files leave the suffix out."""
    for suffix in ("", *_USUAL_SUFFIXES):
        path = paths.get(frame.path + suffix)
        if path is not None:
            return path
    return None


def _is_photo(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES and not is_hidden(name)
