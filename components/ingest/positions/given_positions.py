"""Positions that come with a capture in a table: choose the table, match it to the photos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from components.ingest.photos.check_image import CheckedImage
from components.ingest.poses.match_paths import PathMatcher
from components.ingest.positions.coordinate_system import WGS84_CODES, utm_zone
from components.ingest.positions.find_layout import IsPhoto
from components.ingest.positions.read_positions import PositionTable, read_positions
from components.ingest.positions.read_row import Position
from components.ingest.source.choose_photos import is_hidden
from components.ingest.source.position_files import may_hold_positions, seems_a_table
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import Gps
from components.shared.errors import InputError

_MAX_SHOWN = 120
_MAX_FILES = 200
"""The files nearest to the root are looked at; some programs write a text beside each photo."""


@dataclass(frozen=True, slots=True)
class GivenPositions:
    """The positions of a table, by the local path of their photo."""

    table: PositionTable
    by_path: dict[Path, Position] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """Names of the table that are no photo of the capture."""

    def assign(self, checked: list[CheckedImage], notes: list[str]) -> None:
        """Write the positions into the entries of accepted photos, in place of EXIF's."""
        accepted = [image for image in checked if image.info.is_accepted]
        without = []
        given, replaced = 0, 0
        for image in accepted:
            position = self.by_path.get(image.source.path) if image.source.path else None
            if position is None:
                without.append(image.info.name)
                continue
            given += 1
            replaced += image.info.gps is not None
            is_gps = isinstance(position, Gps)
            image.update(**{"gps": position} if is_gps else {"position": position})
        source, count = self.table.source, f"{given} photo" if given == 1 else f"{given} photos"
        instead = ", not from EXIF" if replaced else ""
        notes.append(f"The positions of {count} are from {source}{instead}: {_described(self.table)}.")
        if without:
            notes.append(f"{source} has no position for {_first_of(without)}.")


def read_given_positions(
    files: list[SourceFile], photos: list[SourceFile], notes: list[str]
) -> GivenPositions | None:
    """The table that names the most photos; None without one. `notes` gets what is not used.

    Raises:
        InputError: a table of positions that cannot be used, where no other can.
    """
    names = _PhotoNames(photos)
    found: list[GivenPositions] = []
    errors: list[InputError] = []
    for file in _candidates(files, photos):
        try:
            table = read_positions(file, names.known_to(file.name))
        except InputError as error:
            errors.append(error)
            continue
        if table is not None:
            found.append(_match(table, names))
        elif seems_a_table(file.name):
            notes.append(f"{file.name} was not used: it has no position of a photo of this capture.")
    best = max(found, key=lambda each: len(each.by_path), default=None)
    if best is None:
        if errors:
            raise errors[0]
        return None
    notes += [f"{error.message}." for error in errors]
    notes += [
        f"{each.table.source} was not used: {best.table.source} has the positions."
        for each in found
        if each is not best
    ]
    _note_unused(best, notes)
    return best


class _PhotoNames:
    """Photos by the names that tables have for them: paths, or file names alone, with or without suffix."""

    def __init__(self, photos: list[SourceFile]) -> None:
        self._paths = {photo.original_name or photo.name: photo.path for photo in photos}
        self._matcher = PathMatcher(self._paths)
        self._by_file_name: dict[str, set[str]] = defaultdict(set)
        for name in self._paths:
            path = PurePosixPath(name)
            for key in {path.name.casefold(), path.stem.casefold()}:
                self._by_file_name[key].add(name)

    def known_to(self, source: str) -> IsPhoto:
        """Whether a name in the file `source` is that of a photo."""
        return lambda name: self.find(name, source) is not None

    def find(self, name: str, source: str) -> Path | None:
        """The photo that the file `source` calls `name`; None for none or several."""
        found = self._matcher.find(name, str(PurePosixPath(source).parent))
        if found is None:
            same = self._by_file_name.get(PurePosixPath(name.replace("\\", "/")).name.casefold(), set())
            found = next(iter(same)) if len(same) == 1 else None
        return self._paths[found] if found else None


def _candidates(files: list[SourceFile], photos: list[SourceFile]) -> list[SourceFile]:
    beside = {str(PurePosixPath(photo.original_name or photo.name).with_suffix("")) for photo in photos}
    found = [
        file
        for file in files
        if file.path is not None
        and may_hold_positions(file.name)
        and not is_hidden(file.name)
        and str(PurePosixPath(file.name).with_suffix("")) not in beside
    ]
    return sorted(found, key=lambda file: (file.name.count("/"), file.name))[:_MAX_FILES]


def _match(table: PositionTable, names: _PhotoNames) -> GivenPositions:
    matched = GivenPositions(table)
    for name, position in table.positions.items():
        path = names.find(name, table.source)
        if path is None:
            matched.unknown.append(name)
        else:
            matched.by_path.setdefault(path, position)
    return matched


def _note_unused(given: GivenPositions, notes: list[str]) -> None:
    table = given.table
    if given.unknown:
        notes.append(f"{table.source} names photos that are not in the capture: {_first_of(given.unknown)}.")
    if table.repeated:
        notes.append(
            f"{table.source} has more than one position for {_first_of(table.repeated)}: the first counts."
        )
    if table.problems:
        notes.append(f"Not used of {table.source}: {_first_of(table.problems, 'lines')}.")


def _described(table: PositionTable) -> str:
    if table.epsg in WGS84_CODES:
        system = "degrees, WGS 84"
    elif utm_zone(table.epsg):
        system = f"EPSG:{table.epsg} (UTM), converted to degrees"
    else:
        system = f"metres in EPSG:{table.epsg}" if table.epsg else "metres, in a system that it does not name"
    return f"{system}; its columns were taken as {table.order}" if table.order else system


def _first_of(names: Iterable[str], kind: str = "photos") -> str:
    """`a.jpg`, or `3 photos, a.jpg first`."""
    names = [name[:_MAX_SHOWN] for name in names]
    return names[0] if len(names) == 1 else f"{len(names)} {kind}, {names[0]} first"
