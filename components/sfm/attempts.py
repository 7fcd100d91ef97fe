"""The rescue ladder: a cheap attempt first, dearer ones only while it is not enough."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pycolmap

from components.sfm.capture import Capture
from components.sfm.create_database import create_database
from components.sfm.extract_features import extract_features
from components.sfm.gates import passes
from components.sfm.ladder import EXHAUSTIVE, GLOBAL, Rung, pairs_to_match, rungs
from components.sfm.map_images import map_global, map_incremental
from components.sfm.match_features import match_features
from components.sfm.parallax import shows_depth
from components.sfm.phases import FIND, MATCH, PLACE, Phases
from components.sfm.reprojection import mean_error_px
from components.sfm.settings import SfmSettings
from components.shared.progress import OnProgress

_FIRST_ATTEMPT = 0.95
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a rung bought; `features` is the name of its effort."""

    matching: str
    mapper: str
    features: str
    registered: int
    points: int
    reprojection_error_px: float | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ascent:
    """The best model, if any, the database it was made from, and every attempt."""

    model: pycolmap.Reconstruction | None
    database: Path
    attempts: list[Attempt]
    shows_depth: bool


def climb(
    capture: Capture,
    photos_folder: Path,
    masks_folder: Path | None,
    scratch: Path,
    settings: SfmSettings,
    on_progress: OnProgress,
    *,
    start: float,
    end: float,
) -> Ascent:
    """Try rungs until one is enough; databases and models of the attempts go to `scratch`.

    The progress of the first attempt takes nearly all from `start` to `end`, for most need no other.
    """
    work = _Work(capture, photos_folder, masks_folder, scratch, settings)
    best: pycolmap.Reconstruction | None = None
    database, attempts = scratch, list[Attempt]()
    reached, aim = start, start + _FIRST_ATTEMPT * (end - start)
    for rung in rungs(capture, settings):
        if rung.mapper == GLOBAL and not shows_depth(work.database(rung)):
            break  # it would make a bent poster of a turn on the spot
        started = time.monotonic()
        model = work.attempt(rung, on_progress, reached, aim)
        attempts.append(_record(rung, model, time.monotonic() - started))
        if best is None or (model and _rank(model, settings) > _rank(best, settings)):
            best, database = model, work.database(rung)
        if _is_enough(attempts[-1], len(capture.photos), settings):
            break
        reached, aim = aim, (aim + end) / 2
    return Ascent(best, database, attempts, shows_depth(database))


@dataclass(frozen=True, slots=True)
class _Work:
    """What the attempts share. A database is made once for each effort, and keeps what was matched."""

    capture: Capture
    photos_folder: Path
    masks_folder: Path | None
    scratch: Path
    settings: SfmSettings

    def database(self, rung: Rung) -> Path:
        return self.scratch / f"{rung.effort.name}.db"

    def attempt(
        self, rung: Rung, on_progress: OnProgress, start: float, end: float
    ) -> pycolmap.Reconstruction | None:
        photos, database = self.capture.photos, self.database(rung)
        pairs = pairs_to_match(photos, rung.matching)
        is_new = not database.exists()
        phases = Phases(on_progress, start, end, photos=len(photos), pairs=len(pairs), find=is_new)
        if is_new:
            self._extract(rung, phases)
        phases(MATCH, 0)
        match_features(
            database,
            photos,
            pairs,
            seed=self.settings.seed,
            on_count=lambda count: phases(MATCH, count),
        )
        phases(PLACE, 0)
        return self._map(rung, phases)

    def _extract(self, rung: Rung, phases: Phases) -> None:
        phases(FIND, 0)
        create_database(self.database(rung), self.capture, self.settings.max_image_px)
        extract_features(
            self.database(rung),
            self.photos_folder,
            self.masks_folder,
            self.capture,
            self.settings,
            rung.effort,
            lambda count: phases(FIND, count),
        )

    def _map(self, rung: Rung, phases: Phases) -> pycolmap.Reconstruction | None:
        database, seed = self.database(rung), self.settings.seed
        models = self.scratch / f"{rung.matching}_{rung.mapper}_{rung.effort.name}"
        if rung.mapper == GLOBAL:
            return map_global(database, self.photos_folder, models, seed=seed)
        return map_incremental(
            database,
            self.photos_folder,
            models,
            effort=rung.effort,
            seed=seed,
            on_count=lambda count: phases(PLACE, count),
        )


def _record(rung: Rung, model: pycolmap.Reconstruction | None, seconds: float) -> Attempt:
    return Attempt(
        matching=rung.matching,
        mapper=rung.mapper,
        features=rung.effort.name,
        registered=model.num_reg_images() if model else 0,
        points=model.num_points3D() if model else 0,
        reprojection_error_px=mean_error_px(model) if model else None,
        seconds=seconds,
    )


def _is_enough(attempt: Attempt, photos: int, settings: SfmSettings) -> bool:
    """Matching in sequence or by place that lost many photos is not, even if the gates would let it pass."""
    if not passes(attempt.registered, photos, attempt.points, settings):
        return False
    return attempt.matching == EXHAUSTIVE or attempt.registered >= _NEARLY_ALL * photos


def _rank(model: pycolmap.Reconstruction, settings: SfmSettings) -> tuple[bool, int, int]:
    points = model.num_points3D()
    return points >= settings.min_points, model.num_reg_images(), points
