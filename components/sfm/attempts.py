"""Attempts at matching and mapping: the cheapest configuration first, fallbacks while it is not enough."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pycolmap

from components.sfm.assess.gates import passes, shows_depth
from components.sfm.assess.reprojection import mean_error_px
from components.sfm.capture import Capture
from components.sfm.configurations import Configuration, configurations
from components.sfm.features.create_database import create_database
from components.sfm.features.extract_features import extract_features
from components.sfm.mapping.map_images import map_global, map_incremental
from components.sfm.matching.match_features import match_features
from components.sfm.matching.pairs import pairs_to_match
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import Attempt, Mapper, Matching
from components.shared.progress import OnProgress, Progress, within

EXTRACT, MATCH, REGISTER = "extract features", "match photos", "register photos"

# Measured; only their ratios matter.
_EXTRACT_SECONDS_PER_PHOTO, _MATCH_SECONDS_PER_PAIR, _REGISTER_SECONDS_PER_PHOTO = 0.5, 0.06, 0.2

_FIRST_ATTEMPT = 0.95
"""Fraction of the progress for the first attempt, since most captures need no other."""
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class BestAttempt:
    """The best model of all attempts, None if no attempt made one, and the database it was made from."""

    model: pycolmap.Reconstruction | None
    database: Path
    attempts: list[Attempt]
    shows_depth: bool


def run_attempts(
    capture: Capture,
    photos_folder: Path,
    masks_folder: Path | None,
    scratch: Path,
    settings: SfmSettings,
    on_progress: OnProgress,
) -> BestAttempt:
    """Try configurations until one is enough. Databases and models of the attempts are written to `scratch`.

    `photos_folder` is that of `shrink_photos`, `masks_folder` that of `shrink_masks`.
    """
    runner = _Runner(capture, photos_folder, masks_folder, scratch, settings)
    best: pycolmap.Reconstruction | None = None
    database, attempts = scratch, list[Attempt]()
    start, end = 0.0, _FIRST_ATTEMPT
    for configuration in configurations(capture, settings):
        if configuration.mapper == Mapper.GLOBAL and not shows_depth(runner.database(configuration)):
            break  # of photos taken by turning on the spot the global mapper makes a curved surface
        started = time.monotonic()
        model = runner.run(configuration, within(on_progress, start, end))
        attempts.append(_attempt(configuration, model, time.monotonic() - started))
        if best is None or (model and _rank(model, settings) > _rank(best, settings)):
            best, database = model, runner.database(configuration)
        if _is_enough(attempts[-1], len(capture.photos), settings):
            break
        start, end = end, (end + 1.0) / 2
    return BestAttempt(best, database, attempts, shows_depth(database))


@dataclass(frozen=True, slots=True)
class _Runner:
    """Inputs of all attempts. Each feature effort has one database, which keeps features and matches."""

    capture: Capture
    photos_folder: Path
    masks_folder: Path | None
    scratch: Path
    settings: SfmSettings

    def database(self, configuration: Configuration) -> Path:
        return self.scratch / f"{configuration.features.effort}.db"

    def run(self, configuration: Configuration, on_progress: OnProgress) -> pycolmap.Reconstruction | None:
        photos, database = self.capture.photos, self.database(configuration)
        pairs = pairs_to_match(photos, configuration.matching)
        is_new = not database.exists()
        progress = AttemptProgress(on_progress, photos=len(photos), pairs=len(pairs), extracts=is_new)
        if is_new:
            self._extract(configuration, progress)
        progress(MATCH, 0)
        match_features(
            database,
            photos,
            pairs,
            seed=self.settings.seed,
            on_count=lambda count: progress(MATCH, count),
        )
        progress(REGISTER, 0)
        return self._map(configuration, progress)

    def _extract(self, configuration: Configuration, progress: AttemptProgress) -> None:
        progress(EXTRACT, 0)
        create_database(self.database(configuration), self.capture, self.settings.max_image_px)
        extract_features(
            self.database(configuration),
            self.photos_folder,
            self.masks_folder,
            self.capture,
            self.settings,
            configuration.features,
            lambda count: progress(EXTRACT, count),
        )

    def _map(self, configuration: Configuration, progress: AttemptProgress) -> pycolmap.Reconstruction | None:
        database, seed = self.database(configuration), self.settings.seed
        name = f"{configuration.matching}_{configuration.mapper}_{configuration.features.effort}"
        models = self.scratch / name
        if configuration.mapper == Mapper.GLOBAL:
            return map_global(database, self.photos_folder, models, seed=seed)
        return map_incremental(
            database,
            self.photos_folder,
            models,
            features=configuration.features,
            seed=seed,
            on_count=lambda count: progress(REGISTER, count),
        )


class AttemptProgress:
    """Progress of one attempt, whose phases cost differently."""

    def __init__(self, on_progress: OnProgress, *, photos: int, pairs: int, extracts: bool) -> None:
        self._on_progress = on_progress
        self._totals = {EXTRACT: photos, MATCH: pairs, REGISTER: photos}
        self._costs = {
            EXTRACT: _EXTRACT_SECONDS_PER_PHOTO * photos if extracts else 0.0,
            MATCH: _MATCH_SECONDS_PER_PAIR * pairs,
            REGISTER: _REGISTER_SECONDS_PER_PHOTO * photos,
        }

    def __call__(self, phase: str, count: int) -> None:
        """Report that `count` photos or pairs of `phase` are done."""
        total = self._totals[phase]
        count = min(count, total)  # photos that are in two models count twice
        names = list(self._costs)
        before = sum(self._costs[name] for name in names[: names.index(phase)])
        fraction = (before + self._costs[phase] * count / max(1, total)) / sum(self._costs.values())
        unit = "pairs" if phase == MATCH else "photos"
        self._on_progress(Progress(phase, fraction, f"{count} of {total} {unit}"))


def _attempt(configuration: Configuration, model: pycolmap.Reconstruction | None, seconds: float) -> Attempt:
    return Attempt(
        matching=configuration.matching,
        mapper=configuration.mapper,
        features=configuration.features.effort,
        registered=model.num_reg_images() if model else 0,
        points=model.num_points3D() if model else 0,
        reprojection_error_px=mean_error_px(model) if model else None,
        seconds=seconds,
    )


def _is_enough(attempt: Attempt, photos: int, settings: SfmSettings) -> bool:
    """Whether no fallback is needed: the gates pass, and without exhaustive matching few photos are lost."""
    if not passes(attempt.registered, photos, attempt.points, settings):
        return False
    return attempt.matching == Matching.EXHAUSTIVE or attempt.registered >= _NEARLY_ALL * photos


def _rank(model: pycolmap.Reconstruction, settings: SfmSettings) -> tuple[bool, int, int]:
    points = model.num_points3D()
    return points >= settings.min_points, model.num_reg_images(), points
