"""Attempts at matching and mapping: the cheapest configuration first, fallbacks while it is not enough."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pycolmap

from components.sfm.assess.gates import passes, shows_depth
from components.sfm.assess.reprojection import mean_error_px
from components.sfm.assess.verified_matches import largest_part
from components.sfm.attempt_runner import AttemptRunner
from components.sfm.capture import Capture
from components.sfm.configurations import Configuration, configurations
from components.sfm.mapping.color_points import color_points
from components.sfm.settings import SfmSettings
from components.sfm.snapshots import Snapshots
from components.shared.contracts.scene import Attempt, FeatureEffort, Mapper, Matching
from components.shared.progress import OnProgress, within

_FIRST_ATTEMPT = 0.95
"""Fraction of the progress for the first attempt, since most captures need no other."""
_NEARLY_ALL = 0.95
MIN_CONSISTENT = 0.75
"""Of the matches of a model. Right models have 0.88 to 0.995, one of a façade of equal windows had 0.56."""


@dataclass(frozen=True, slots=True)
class BestAttempt:
    """The best model of all attempts, None if no attempt made one, and the database it was made from."""

    model: pycolmap.Reconstruction | None
    database: Path
    attempts: list[Attempt]
    shows_depth: bool
    is_consistent: bool
    """Whether the model agrees with the matches; otherwise places that look alike may be confused."""


def run_attempts(
    capture: Capture,
    scratch: Path,
    settings: SfmSettings,
    snapshots: Snapshots,
    on_progress: OnProgress,
) -> BestAttempt:
    """Try configurations until one is enough, or until time is up after the first.

    Databases and models of the attempts are written to `scratch`.
    """
    deadline = time.monotonic() + 60 * settings.max_minutes
    runner = AttemptRunner(capture, scratch, settings, snapshots, deadline)
    tried: list[_Tried] = []
    start, end = 0.0, _FIRST_ATTEMPT
    for configuration in configurations(len(capture.photos), settings):
        if tried and (runner.seconds_left() <= 0 or not _may_help(configuration, tried[-1])):
            continue
        attempt = _try(configuration, runner, within(on_progress, start, end))
        if attempt is None:
            continue
        tried.append(attempt)
        if _is_enough(attempt.figures, len(capture.photos), settings):
            break
        start, end = end, (end + 1.0) / 2
    best = max(tried, key=lambda attempt: _rank(attempt.figures, settings))
    if best.model is not None:
        color_points(best.model, runner.colors[best.database])
    figures = [attempt.figures for attempt in tried]
    return BestAttempt(
        best.model, best.database, figures, shows_depth(best.database), _is_consistent(best.figures)
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    figures: Attempt
    model: pycolmap.Reconstruction | None
    database: Path


def _try(configuration: Configuration, runner: AttemptRunner, on_progress: OnProgress) -> _Tried | None:
    """None if the mapper is of no use for the capture."""
    started = time.monotonic()
    progress, database = runner.progress(configuration, on_progress), runner.database(configuration)
    runner.match(configuration, progress)
    if configuration.mapper == Mapper.GLOBAL and not shows_depth(database):
        return None  # of photos taken by turning on the spot the global mapper makes a curved surface
    model = runner.map(configuration, progress)
    consistent = runner.consistent_fraction(model, configuration) if model else None
    figures = _attempt(configuration, model, consistent, time.monotonic() - started)
    return _Tried(figures, model, database)


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


def _may_help(configuration: Configuration, tried: _Tried) -> bool:
    """Whether a fallback can be better than the last attempt."""
    last = tried.figures
    if configuration.matching == Matching.STRONG_PAIRS:
        return last.registered > 0 and not _is_consistent(last)
    is_same = (configuration.matching, configuration.features.effort) == (last.matching, last.features)
    return (
        not is_same
        or not _is_consistent(last)
        or last.registered < _NEARLY_ALL * largest_part(tried.database)
    )


def _is_enough(attempt: Attempt, photos: int, settings: SfmSettings) -> bool:
    """Whether no fallback is needed: the gates pass, few photos are lost, and the model fits its matches."""
    if not passes(attempt.registered, photos, attempt.points, settings) or not _is_consistent(attempt):
        return False
    return attempt.features == FeatureEffort.HIGH or attempt.registered >= _NEARLY_ALL * photos


def _is_consistent(attempt: Attempt) -> bool:
    return (attempt.consistent_fraction or 0.0) >= MIN_CONSISTENT


def _rank(attempt: Attempt, settings: SfmSettings) -> tuple[bool, bool, int, int]:
    passes_points = attempt.points >= settings.min_points
    return passes_points, _is_consistent(attempt), attempt.registered, attempt.points
