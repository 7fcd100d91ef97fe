"""Gaps of a capture: where, in the order of the photos, nothing connects one part with the next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from components.sfm.assess.verified_matches import MAIN, connected_parts
from components.sfm.capture import CapturePhoto

_LAST_NUMBER = re.compile(r"(\d+)(\D*)$")
_MOST_BESIDE_A_PART = 2
"""A part between more gaps was not taken in one go: its photos lie among others, and names say nothing."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Names of neighbours in the capture's order that belong to different parts."""

    before: str
    after: str

    def __str__(self) -> str:
        return f"no overlap between {self.before} and {self.after}"


def find_gaps(
    photos: Sequence[CapturePhoto],
    links: Iterable[tuple[int, int]],
    registered: set[int],
    *,
    ordered: bool,
) -> dict[int, list[Gap]]:
    """The gaps beside the part of each photo that is in another part than the registered ones, by its id.

    links: pairs of ids of photos that overlap. ordered: the photos are in the order they were taken in;
    otherwise their order is that of the numbers in their names, if these have the same text around them.
    """
    parts = connected_parts([photo.id for photo in photos], links, registered)
    sizes = Counter(parts.values())
    connected = [photo for photo in photos if parts[photo.id] == MAIN or sizes[parts[photo.id]] > 1]
    beside: dict[int, list[Gap]] = {}
    for first, second in _neighbours(connected, ordered=ordered):
        if parts[first.id] != parts[second.id]:
            for part in (parts[first.id], parts[second.id]):
                beside.setdefault(part, []).append(Gap(first.name, second.name))
    named = {part: gaps for part, gaps in beside.items() if len(gaps) <= _MOST_BESIDE_A_PART}
    return {id_: named[part] for id_, part in parts.items() if part != MAIN and part in named}


def describe_gaps(gaps: Mapping[int, Sequence[Gap]]) -> list[str]:
    """One sentence for the photographer, or none without gaps."""
    if not gaps:
        return []
    return [
        f"The photos fall into parts that nothing connects: {name_gaps(gaps)}. A scene is made of one "
        f"part, without {len(gaps)} photos of others. Photos taken on the way from one to the other would "
        "join them."
    ]


def name_gaps(gaps: Mapping[int, Sequence[Gap]]) -> str:
    """All gaps, each once."""
    return ", ".join(dict.fromkeys(str(gap) for beside in gaps.values() for gap in beside))


def _neighbours(
    photos: Sequence[CapturePhoto], *, ordered: bool
) -> Iterable[tuple[CapturePhoto, CapturePhoto]]:
    if ordered:
        return pairwise(photos)
    numbered = sorted(
        ((*_number(photo.name), photo.id, photo) for photo in photos), key=lambda entry: entry[:4]
    )
    return [(a[-1], b[-1]) for a, b in pairwise(numbered) if a[:2] == b[:2] and a[2] >= 0]


def _number(name: str) -> tuple[str, str, int]:
    """The text before and after the last number of a name, and the number; -1 without one."""
    found = _LAST_NUMBER.search(name.rpartition(".")[0] or name)
    return (name[: found.start()], found[2], int(found[1])) if found else (name, "", -1)
