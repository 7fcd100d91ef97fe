"""Poses that come with a capture: match them to photos, and hold out those that the files list for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from components.ingest.photos.check_image import CheckedImage
from components.ingest.poses.choose_pose_files import PoseFiles, choose_pose_files
from components.ingest.poses.match_paths import PathMatcher, is_converted
from components.ingest.poses.pose_list import Frame, PoseList
from components.ingest.source.choose_photos import is_hidden
from components.ingest.source.match_masks import is_mask
from components.ingest.source.safe_names import safe_name
from components.ingest.source.source_file import SourceFile
from components.ingest.source.suffixes import PHOTO_SUFFIXES
from components.shared.contracts.capture import CaptureImage, ImageVerdict
from components.shared.errors import InputError

_MIN_TRAINING_PHOTOS = 3


@dataclass(frozen=True, slots=True)
class GivenPoses:
    """The frames of a capture's files of poses."""

    frames: dict[Path, Frame] = field(default_factory=dict)
    """By the local path of their photo."""
    held_out: set[Path] = field(default_factory=set)
    """Local paths of the photos that are held out of training."""
    masks: dict[Path, SourceFile] = field(default_factory=dict)
    """Masks that frames name, by the local path of the photo."""
    missing: list[Frame] = field(default_factory=list)
    """Those whose photo is not in the capture."""
    points: SourceFile | None = None
    """Points in the world of the poses: a ply, or those of a COLMAP model."""

    def named(self, files: list[SourceFile]) -> list[SourceFile]:
        """Of `files` the photos that have a pose, and the masks in folders of masks that no frame names."""
        named_masks = {mask.path for mask in self.masks.values()}
        return [
            file
            for file in files
            if file.path in self.frames or (is_mask(file.name) and file.path not in named_masks)
        ]

    def masks_of(self, photos: list[SourceFile]) -> dict[str, SourceFile]:
        """The masks that frames name, by the name of the photo in the capture."""
        return {photo.name: self.masks[photo.path] for photo in photos if photo.path in self.masks}

    def missing_images(self) -> list[CaptureImage]:
        """Entries for the photos that are not in the capture."""
        return [
            CaptureImage(
                name=safe_name(frame.path_in_capture),
                verdict=ImageVerdict.UNREADABLE,
                reason=f"{safe_name(frame.source)} names it, but it is not in the capture",
            )
            for frame in self.missing
        ]

    def assign(self, checked: list[CheckedImage]) -> None:
        """Write the poses of accepted photos into their entries.

        Raises:
            InputError: a photo has another size or aspect ratio than its intrinsics are for, or cannot be
                undistorted.
        """
        first: dict[str, CaptureImage] = {}
        for image in checked:
            if not image.info.is_accepted:
                continue
            assert image.source.path is not None, "photos are always fetched"
            frame = self.frames[image.source.path]
            if frame.intrinsics.size is None and not frame.intrinsics.of_longer_side:
                _check_sizes(frame.source, first.setdefault(frame.source, image.info), image.info)
            held_out = image.source.path in self.held_out
            image.update(pose=frame.pose(image.info.width, image.info.height, held_out=held_out))


def read_given_poses(files: list[SourceFile], notes: list[str]) -> GivenPoses | None:
    """The poses that come with a capture, or None. `notes` gets sentences about what is not used.

    They are those of `transforms.json`, of Blender's files, of a COLMAP model, or of an export.
    Photos of `transforms_test.json` are held out of training, or those of `transforms_val.json` where there
    is no test; of a single file, those that it lists as test photos.

    Raises:
        InputError: such a file is damaged, its cameras cannot be used, or the capture has too few of its
            photos.
    """
    visible = {file.name: file for file in files if file.path is not None and not is_hidden(file.name)}
    photos = [name for name in visible if _is_photo(name)]
    chosen = choose_pose_files(visible, photos, notes)
    if chosen is None:
        return None
    poses = _match(chosen, visible, PathMatcher(photos), notes)
    _check_count(chosen.main.source, poses)
    if not chosen.is_transforms:
        _note_missing(chosen, poses, notes)
    _note_left_out(chosen, [visible[name] for name in photos], poses, notes)
    return poses


def _match(
    chosen: PoseFiles, files: dict[str, SourceFile], photos: PathMatcher, notes: list[str]
) -> GivenPoses:
    poses = GivenPoses(points=_points(chosen.main, files, chosen.folder, notes))
    split = _read_split(chosen, photos, notes)
    named: Counter[str] = Counter()
    literal, converted = _find_photos(chosen, photos)
    for listed in chosen.all:
        for frame in listed.frames:
            name = literal.get(frame.path) or converted.get(frame.path)
            path = files[name].path if name else None
            if name is None or path is None:
                poses.missing.append(frame)
            elif split.uses(name):
                named[name] += 1
                poses.frames.setdefault(path, frame)
                if listed is chosen.held_out or name in split.test:
                    poses.held_out.add(path)
    _find_masks(chosen, files, poses, notes)
    repeated = [name for name, count in named.items() if count > 1]
    if repeated:
        notes.append(
            f"{chosen.main.source} gives more than one pose to {_first_of(repeated)}: the first counts"
        )
    if converted:
        said, name = next(iter(converted.items()))
        others = f", and {len(converted) - 1} more in the same way" if len(converted) > 1 else ""
        notes.append(f"{name} was taken for {said}, which {chosen.main.source} names{others}")
    return poses


def _find_masks(chosen: PoseFiles, files: dict[str, SourceFile], poses: GivenPoses, notes: list[str]) -> None:
    """Fill `poses.masks`; `notes` gets the masks that are not in the capture."""
    images = PathMatcher(name for name in files if _suffix(name) in PHOTO_SUFFIXES)
    missing = []
    for path, frame in poses.frames.items():
        if frame.mask_path:
            mask = images.find(frame.mask_path, chosen.folder)
            if mask:
                poses.masks[path] = files[mask]
            else:
                missing.append(frame.mask_path)
    if missing:
        count = "1 mask that is" if len(missing) == 1 else f"{len(missing)} masks that are"
        first = " first" if len(missing) > 1 else ""
        notes.append(f"{chosen.main.source} names {count} not in the capture: {missing[0]}{first}")


def _find_photos(chosen: PoseFiles, photos: PathMatcher) -> tuple[dict[str, str], dict[str, str]]:
    """Photos by the paths of frames: those that are called so, and those of this name in another format.

    A photo that is called like one path is not that of another.
    """
    paths = dict.fromkeys(frame.path for listed in chosen.all for frame in listed.frames)
    found = {path: name for path in paths if (name := photos.find(path, chosen.folder))}
    literal = {path: name for path, name in found.items() if not is_converted(path, name)}
    taken = set(literal.values())
    return literal, {path: name for path, name in found.items() if path not in literal and name not in taken}


@dataclass(frozen=True, slots=True)
class _Split:
    """Names of photos of the capture."""

    test: set[str]
    train: set[str] | None
    """None: all that are not test photos."""

    def uses(self, name: str) -> bool:
        return self.train is None or name in self.train or name in self.test


def _read_split(chosen: PoseFiles, photos: PathMatcher, notes: list[str]) -> _Split:
    """The lists of training and test photos of a file, by the names that the capture has for them.

    Raises:
        InputError: no name of a list is that of a photo.
    """
    framed = {photos.find(frame.path, chosen.folder) for frame in chosen.main.frames}
    found: dict[str, set[str]] = {}
    for kind, paths in (("test", chosen.main.test_paths), ("train", chosen.main.train_paths)):
        names = {path: photos.find(path, chosen.folder) for path in paths}
        found[kind] = {name for name in names.values() if name in framed and name is not None}
        unknown = [path for path, name in names.items() if name not in framed or name is None]
        if unknown and not found[kind]:
            raise InputError(
                f"none of the {len(unknown)} {kind} photos that {chosen.main.source} lists has a pose in it "
                f"and is in the capture; the first is {unknown[0]}",
                remedy=f"Write the {kind} photos like the file_path of their frames, or take the list out.",
            )
        if unknown:
            notes.append(
                f"{chosen.main.source} lists {kind} photos that have no pose or are not in the capture: "
                f"{_first_of(unknown)}"
            )
    train = found["train"] if chosen.main.train_paths else None
    split = _Split(found["test"], train)
    unused = [name for name in framed if name and not split.uses(name)]
    if unused:
        notes.append(
            f"left out, since {chosen.main.source} lists them neither as training nor as test photos: "
            f"{_first_of(sorted(unused))}"
        )
    return split


def _points(main: PoseList, files: dict[str, SourceFile], folder: str, notes: list[str]) -> SourceFile | None:
    if main.points_path is None:
        return None
    name = PathMatcher(files).find(main.points_path, folder)
    if name is None:
        notes.append(f"{main.points_path}, the points that {main.source} names, is not in the capture")
        return None
    return files[name]


def _note_missing(chosen: PoseFiles, poses: GivenPoses, notes: list[str]) -> None:
    """Say it once: of a model's photos often only some are given."""
    if poses.missing:
        names = sorted(frame.path_in_capture for frame in poses.missing)
        notes.append(f"{chosen.main.source} also has poses of what is not in the capture: {_first_of(names)}")
        poses.missing.clear()


def _note_left_out(chosen: PoseFiles, photos: list[SourceFile], poses: GivenPoses, notes: list[str]) -> None:
    masks = {mask.path for mask in poses.masks.values()}
    left_out = [photo.name for photo in photos if photo.path not in poses.frames | dict.fromkeys(masks)]
    if left_out:
        notes.append(
            f"left out, since {chosen.main.source} gives no pose for it: {left_out[0]}"
            if len(left_out) == 1
            else f"left out, since {chosen.main.source} gives no pose for them: {_first_of(sorted(left_out))}"
        )


def _first_of(names: list[str]) -> str:
    """`a.jpg`, or `3 photos, a.jpg first`."""
    return names[0] if len(names) == 1 else f"{len(names)} photos, {names[0]} first"


def _check_count(source: str, poses: GivenPoses) -> None:
    training = len(poses.frames.keys() - poses.held_out)
    if training >= _MIN_TRAINING_PHOTOS:
        return
    missing = poses.missing
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


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_photo(name: str) -> bool:
    return _suffix(name) in PHOTO_SUFFIXES and not is_hidden(name) and not is_mask(name)
