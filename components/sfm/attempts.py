"""The rescue ladder: a cheap attempt first, dearer ones only while the gates are not met."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap

from components.sfm.capture import Capture
from components.sfm.gates import passes
from components.sfm.gps import local_metres
from components.sfm.map_images import map_global, map_incremental
from components.sfm.match_features import match_features
from components.sfm.pairs import Pair, exhaustive_pairs, nearest_pairs, sequential_pairs
from components.sfm.settings import SfmSettings

OnPhase = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One rung, and what it bought."""

    matching: str
    mapper: str
    registered: int
    points: int
    reprojection_error_px: float | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def climb(
    database: Path, capture: Capture, settings: SfmSettings, on_phase: OnPhase
) -> tuple[pycolmap.Reconstruction | None, list[Attempt]]:
    """Try rungs until one meets the gates; the best model and every attempt."""
    best: pycolmap.Reconstruction | None = None
    attempts: list[Attempt] = []
    for index, (matching, mapper) in enumerate(_rungs(capture, settings)):
        started = time.monotonic()
        model = _attempt(database, capture, settings, matching, mapper, index, on_phase)
        attempts.append(_record(model, matching, mapper, time.monotonic() - started))
        best = model if _beats(model, best) else best
        if best and passes(best.num_reg_images(), len(capture.images), best.num_points3D(), settings):
            break
    return best, attempts


def _rungs(capture: Capture, settings: SfmSettings) -> list[tuple[str, str]]:
    first = _first_matching(capture, settings)
    rungs = [(first, "incremental")]
    if first != "exhaustive":
        rungs.append(("exhaustive", "incremental"))
    return [*rungs, (rungs[-1][0], "global")]


def _first_matching(capture: Capture, settings: SfmSettings) -> str:
    if len(capture.images) <= settings.exhaustive_up_to:
        return "exhaustive"
    if capture.ordered:
        return "sequential"
    return "spatial" if all(image["gps"] for image in capture.images) else "exhaustive"


def _pairs(capture: Capture, matching: str) -> list[Pair]:
    if matching == "sequential":
        return sequential_pairs(capture.names)
    if matching == "spatial":
        return nearest_pairs(capture.names, local_metres([image["gps"] for image in capture.images]))
    return exhaustive_pairs(capture.names)


def _attempt(
    database: Path,
    capture: Capture,
    settings: SfmSettings,
    matching: str,
    mapper: str,
    index: int,
    on_phase: OnPhase,
) -> pycolmap.Reconstruction | None:
    match_features(database, _pairs(capture, matching), lambda f: on_phase(f"match photos ({matching})", f))
    folder = database.with_name(f"models_{index}")
    if mapper == "global":
        on_phase("place all photos at once", 0.0)
        return map_global(database, capture.image_folder, folder, settings.seed)
    count = len(capture.images)
    return map_incremental(
        database, capture.image_folder, folder, settings.seed, count, lambda f: on_phase("place photos", f)
    )


def _record(model: pycolmap.Reconstruction | None, matching: str, mapper: str, seconds: float) -> Attempt:
    if model is None:
        return Attempt(matching, mapper, 0, 0, None, seconds)
    error = model.compute_mean_reprojection_error()
    return Attempt(
        matching,
        mapper,
        model.num_reg_images(),
        model.num_points3D(),
        float(error) if np.isfinite(error) else None,
        seconds,
    )


def _beats(model: pycolmap.Reconstruction | None, best: pycolmap.Reconstruction | None) -> bool:
    if model is None or best is None:
        return model is not None
    return (model.num_reg_images(), model.num_points3D()) > (best.num_reg_images(), best.num_points3D())
