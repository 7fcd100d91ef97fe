"""Choose the files of poses of a capture: there may be several, and photos that none of them names."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from components.ingest.poses.colmap.read_model import find_models, incomplete_models, read_model
from components.ingest.poses.exports.find_exports import find_exports
from components.ingest.poses.match_paths import PathMatcher
from components.ingest.poses.pose_list import PoseList
from components.ingest.poses.read_transforms import read_transforms
from components.ingest.source.pose_files import SINGLE, TEST, TRAIN, TRANSFORMS_FILES, VAL
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError


@dataclass(frozen=True, slots=True)
class PoseFiles:
    """The files of poses of one folder."""

    main: PoseList
    held_out: PoseList | None
    """Blender's file of the photos to hold out of training."""

    @property
    def folder(self) -> str:
        return self.main.folder

    @property
    def is_transforms(self) -> bool:
        """Whether they belong to exactly these photos; models and exports may be of more, or of others."""
        return PurePosixPath(self.main.source).name in TRANSFORMS_FILES

    @property
    def all(self) -> list[PoseList]:
        """The files, that of the held-out photos first."""
        return [self.held_out, self.main] if self.held_out else [self.main]

    def count_photos(self, photos: PathMatcher) -> int:
        """Number of photos of the capture that the files name."""
        return len(
            {photos.find(frame.path, self.folder) for each in self.all for frame in each.frames} - {None}
        )


def choose_pose_files(files: dict[str, SourceFile], photos: list[str], notes: list[str]) -> PoseFiles | None:
    """The files of poses that name the most photos of the capture; None if there are none to use.

    Of several that name as many: `transforms.json` and Blender's, COLMAP models, exports of other programs;
    then those nearest to the root. files: the visible files of the capture by name. photos: the names of the
    photos among them. `notes` gets a sentence about each file that is not used.

    Raises:
        InputError: a file is damaged and no other can be used.
    """
    notes += incomplete_models(files)
    found, problems = _read_all(files, photos)
    matcher = PathMatcher(photos)
    counts = {each.main.source: each.count_photos(matcher) for each in found}
    best = max(found, key=lambda each: counts[each.main.source], default=None)
    if problems and (best is None or not counts[best.main.source]):
        raise problems[0][1]
    notes += [f"{name} was not used: {error.message}" for name, error in problems]
    if best is None:
        return None
    if not counts[best.main.source] and not _has_to_name_photos(best, photos):
        others = f"; its first is {best.main.frames[0].path}" if best.main.frames else ""
        notes.append(f"{best.main.source} was not used: it names no photo of this capture{others}")
        return None
    notes += [_not_used(each, best, counts) for each in found if each is not best]
    return best


def _read_all(
    files: dict[str, SourceFile], photos: list[str]
) -> tuple[list[PoseFiles], list[tuple[str, InputError]]]:
    """All files of poses that can be read, and the others with the reason."""
    found: list[PoseFiles] = []
    problems: list[tuple[str, InputError]] = []
    for name, read in _readers(files, photos):
        try:
            found.append(read())
        except InputError as error:
            problems.append((name, error))
    return found, problems


def _readers(
    files: dict[str, SourceFile], photos: list[str]
) -> Iterator[tuple[str, Callable[[], PoseFiles]]]:
    """Name and reader of each file of poses, those that count first of equal ones before others."""
    for name in _main_names(files):
        yield name, partial(_read_transforms, name, files)
    for name in find_models(files):
        yield name, _alone(partial(read_model, name, files, photos))
    for name, read in find_exports(files, {name: files[name] for name in photos}).items():
        yield name, _alone(read)


def _alone(read: Callable[[], PoseList]) -> Callable[[], PoseFiles]:
    return lambda: PoseFiles(read(), None)


def _not_used(other: PoseFiles, best: PoseFiles, counts: dict[str, int]) -> str:
    count, most = counts[other.main.source], counts[best.main.source]
    named = "as many" if count == most else str(most)
    return (
        f"{other.main.source}, which names {count} of the photos, was not used: "
        f"{best.main.source} names {named}"
    )


def _main_names(files: dict[str, SourceFile]) -> list[str]:
    """One file for each folder that has some, those nearest to the root first."""
    names = [name for name in files if PurePosixPath(name).name in (TRAIN, SINGLE)]
    folders = {posixpath.dirname(name): name for name in sorted(names, key=_is_single, reverse=True)}
    return sorted(folders.values(), key=lambda name: (name.count("/"), name))


def _is_single(name: str) -> bool:
    return PurePosixPath(name).name == SINGLE


def _read_transforms(main: str, files: dict[str, SourceFile]) -> PoseFiles:
    beside = [] if _is_single(main) else [str(PurePosixPath(main).with_name(name)) for name in (TEST, VAL)]
    held_out = next((name for name in beside if name in files), None)
    return PoseFiles(
        main=read_transforms(files[main]),
        held_out=read_transforms(files[held_out]) if held_out else None,
    )


def _has_to_name_photos(chosen: PoseFiles, photos: list[str]) -> bool:
    """Whether the file is a mistake if it names no photo."""
    return chosen.is_transforms and all(
        PurePosixPath(photo).is_relative_to(chosen.folder) for photo in photos
    )
