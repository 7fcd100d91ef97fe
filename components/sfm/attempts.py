"""Attempts at matching and mapping: the cheapest configuration first, fallbacks while it is not enough."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pycolmap

from components.sfm.assess.gates import passes, shows_depth
from components.sfm.assess.reprojection import mean_error_px
from components.sfm.attempt_runner import AttemptRunner
from components.sfm.capture import Capture
from components.sfm.configurations import Configuration, configurations
from components.sfm.mapping.color_points import color_points
from components.sfm.mapping.consistency import consistent_fraction
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import Attempt, FeatureEffort, Mapper
from components.shared.progress import OnProgress, within

_FIRST_ATTEMPT = 0.95
"""Fraction of the progress for the first attempt, since most captures need no other."""
_NEARLY_ALL = 0.95
_MIN_CONSISTENT = 0.5


@dataclass(frozen=True, slots=True)
class BestAttempt:
    """The best model of all attempts, None if no attempt made one, and the database it was made from."""

    model: pycolmap.Reconstruction | None
    database: Path
    attempts: list[Attempt]
    shows_depth: bool


def run_attempts(
    capture: Capture, scratch: Path, settings: SfmSettings, on_progress: OnProgress
) -> BestAttempt:
    """Try configurations until one is enough, or until time is up after the first.

    Databases and models of the attempts are written to `scratch`.
    """
    runner = AttemptRunner(capture, scratch, settings, time.monotonic() + 60 * settings.max_minutes)
    best: pycolmap.Reconstruction | None = None
    database, attempts = scratch, list[Attempt]()
    start, end = 0.0, _FIRST_ATTEMPT
    for configuration in configurations(len(capture.photos), settings):
        if attempts and runner.seconds_left() <= 0:
            break
        started = time.monotonic()
        progress = runner.progress(configuration, within(on_progress, start, end))
        runner.match(configuration, progress)
        if configuration.mapper == Mapper.GLOBAL and not shows_depth(runner.database(configuration)):
            continue  # of photos taken by turning on the spot the global mapper makes a curved surface
        model = runner.map(configuration, progress)
        consistent = consistent_fraction(model, runner.database(configuration)) if model else None
        attempts.append(_attempt(configuration, model, consistent, time.monotonic() - started))
        if best is None or (model and _rank(model, settings) > _rank(best, settings)):
            best, database = model, runner.database(configuration)
        if _is_enough(attempts[-1], len(capture.photos), settings):
            break
        start, end = end, (end + 1.0) / 2
    if best is not None:
        color_points(best, runner.colors[database])
    return BestAttempt(best, database, attempts, shows_depth(database))


def _attempt(
    configuration: Configuration,
    model: pycolmap.Reconstruction | None,
    consistent: float | None,
    seconds: float,
) -> Attempt:
    return Attempt(
        matching=configuration.matching,
        mapper=configuration.mapper,
        features=configuration.features.effort,
        registered=model.num_reg_images() if model else 0,
        points=model.num_points3D() if model else 0,
        reprojection_error_px=mean_error_px(model) if model else None,
        consistent_fraction=consistent,
        seconds=seconds,
    )


def _is_enough(attempt: Attempt, photos: int, settings: SfmSettings) -> bool:
    """Whether no fallback is needed: the gates pass, few photos are lost, and the model fits its matches."""
    if not passes(attempt.registered, photos, attempt.points, settings):
        return False
    if (attempt.consistent_fraction or 0.0) < _MIN_CONSISTENT and attempt.mapper == Mapper.GLOBAL:
        return False
    return attempt.features == FeatureEffort.HIGH or attempt.registered >= _NEARLY_ALL * photos


def _rank(model: pycolmap.Reconstruction, settings: SfmSettings) -> tuple[bool, int, int]:
    points = model.num_points3D()
    return points >= settings.min_points, model.num_reg_images(), points
