"""Which attempts to make of a capture, in which order."""

from __future__ import annotations

from dataclasses import dataclass

from components.sfm.capture import Capture, Photo
from components.sfm.effort import PATIENT, USUAL, Effort
from components.sfm.gps import local_metres
from components.sfm.pairs import Pair, exhaustive_pairs, nearest_pairs, sequential_pairs
from components.sfm.settings import SfmSettings

EXHAUSTIVE, SEQUENTIAL, SPATIAL = "exhaustive", "sequential", "spatial"
INCREMENTAL, GLOBAL = "incremental", "global"


@dataclass(frozen=True, slots=True)
class Rung:
    """How to try."""

    matching: str
    mapper: str
    effort: Effort


def rungs(capture: Capture, settings: SfmSettings) -> list[Rung]:
    """The cheapest first. Finding more features is for sets whose matching stays affordable then."""
    ladder = [Rung(_first_matching(capture, settings), INCREMENTAL, USUAL)]
    if ladder[0].matching != EXHAUSTIVE:
        ladder.append(Rung(EXHAUSTIVE, INCREMENTAL, USUAL))
    if len(capture.photos) <= settings.exhaustive_up_to:
        ladder.append(Rung(EXHAUSTIVE, INCREMENTAL, PATIENT))
    return [*ladder, Rung(EXHAUSTIVE, GLOBAL, ladder[-1].effort)]


def pairs_to_match(photos: list[Photo], matching: str) -> list[Pair]:
    if matching == SEQUENTIAL:
        return sequential_pairs(len(photos))
    if matching == SPATIAL:
        return nearest_pairs(local_metres([photo.gps for photo in photos if photo.gps]))
    return exhaustive_pairs(len(photos))


def _first_matching(capture: Capture, settings: SfmSettings) -> str:
    if len(capture.photos) <= settings.exhaustive_up_to:
        return EXHAUSTIVE
    if capture.ordered:
        return SEQUENTIAL
    return SPATIAL if all(photo.gps for photo in capture.photos) else EXHAUSTIVE
