"""Choose the files of poses of a capture: there may be several, and photos that none of them names."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath

from components.ingest.poses.match_paths import PathMatcher
from components.ingest.poses.read_transforms import Transforms, read_transforms
from components.ingest.source.pose_files import SINGLE, TEST, TRAIN, VAL
from components.ingest.source.source_file import SourceFile
from components.shared.errors import InputError


@dataclass(frozen=True, slots=True)
class PoseFiles:
    """The files of poses of one folder."""

    main: Transforms
    held_out: Transforms | None
    """Blender's file of the photos to hold out of training."""

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.main.source)

    @property
    def all(self) -> list[Transforms]:
        """The files, that of the held-out photos first."""
        return [self.held_out, self.main] if self.held_out else [self.main]

    def count_photos(self, photos: PathMatcher) -> int:
        """Number of photos of the capture that the files name."""
        return len(
            {photos.find(frame.path, self.folder) for each in self.all for frame in each.frames} - {None}
        )


def choose_transforms(files: dict[str, SourceFile], photos: list[str], notes: list[str]) -> PoseFiles | None:
    """The files of poses that name the most photos of the capture; None if there are none to use.

    files: the visible files of the capture by name. photos: the names of the photos among them. `notes` gets
    a sentence about each file that is not used.

    Raises:
        InputError: a file in the folder that holds all photos is damaged or names none of them.
    """
    mains = _main_names(files)
    found: list[PoseFiles] = []
    problems: list[tuple[str, InputError]] = []
    for name in mains:
        try:
            found.append(_read(name, files))
        except InputError as error:
            problems.append((name, error))
    matcher = PathMatcher(photos)
    counts = {each.main.source: each.count_photos(matcher) for each in found}
    best = max(found, key=lambda each: counts[each.main.source], default=None)
    if problems and (best is None or not counts[best.main.source]):
        raise problems[0][1]
    notes += [f"{name} was not used: {error.message}" for name, error in problems]
    if best is None:
        return None
    if not counts[best.main.source] and not _holds_all(best.folder, photos):
        notes.append(f"{best.main.source} was not used: it names no photo of this capture")
        return None
    notes += [
        f"{each.main.source}, which names {counts[each.main.source]} of the photos, was not used: "
        f"{best.main.source} names {counts[best.main.source]}"
        for each in found
        if each is not best
    ]
    return best


def _main_names(files: dict[str, SourceFile]) -> list[str]:
    """One file for each folder that has some, those nearest to the root first."""
    names = [name for name in files if PurePosixPath(name).name in (TRAIN, SINGLE)]
    folders = {posixpath.dirname(name): name for name in sorted(names, key=_is_single, reverse=True)}
    return sorted(folders.values(), key=lambda name: (name.count("/"), name))


def _is_single(name: str) -> bool:
    return PurePosixPath(name).name == SINGLE


def _read(main: str, files: dict[str, SourceFile]) -> PoseFiles:
    beside = [] if _is_single(main) else [str(PurePosixPath(main).with_name(name)) for name in (TEST, VAL)]
    held_out = next((name for name in beside if name in files), None)
    return PoseFiles(
        main=read_transforms(files[main]),
        held_out=read_transforms(files[held_out]) if held_out else None,
    )


def _holds_all(folder: str, photos: list[str]) -> bool:
    return all(PurePosixPath(photo).is_relative_to(folder) for photo in photos)
