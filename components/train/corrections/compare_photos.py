"""Relative exposure of photos, from the colours of points that several of them show."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy.spatial import KDTree

from components.shared.resources import available_cpus
from components.shared.scene import Scene
from components.train.scene.pinhole import project
from components.train.scene.scene_scale import compute_viewing_distance
from components.train.scene.views import TrainingView

_POINTS = 4_000
_NEIGHBORS = 4
"""Photos that each is compared with: those with the nearest positions and directions."""
_MIN_COMMON_POINTS = 50
_MAX_SPREAD = 0.2
"""Largest median deviation of log ratios from their median. Above, the photos show different surfaces."""
_MIN_COSINE = 0.94
"""Of the angle between two views of a point: at larger angles gloss and shading differ too."""
_DARKEST, _BRIGHTEST = 8, 247
"""Of 255; values beyond are clipped."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Relative exposure of P photos."""

    log_gains: np.ndarray
    """Logarithm of each photo's brightness, [P, 3], mean zero."""
    differences: np.ndarray
    """Absolute log ratios of M pairs of neighbouring photos, mean over channels, [M]."""


def compare_photos(scene: Scene, photos: list[TrainingView]) -> Comparison:
    """Median log ratios over the points that neighbouring photos share, and the gains that fit them best."""
    rng = np.random.default_rng(0)
    points = scene.points[rng.permutation(len(scene.points))[:_POINTS]]
    pairs = _neighbors(photos, compute_viewing_distance(scene))
    with ThreadPoolExecutor(available_cpus()) as pool:
        seen = list(pool.map(partial(_log_colors, points), photos))
        ratios = pool.map(
            lambda pair: _log_ratio(points, *(photos[i] for i in pair), *(seen[i] for i in pair)), pairs
        )
        known = [(*pair, ratio) for pair, ratio in zip(pairs, ratios, strict=True) if ratio is not None]
    if not known:
        return Comparison(np.zeros((len(photos), 3)), np.zeros(0))
    first, second, measured = (np.array(each) for each in zip(*known, strict=True))
    return Comparison(_solve(len(photos), first, second, measured), np.abs(measured).mean(axis=1))


def _neighbors(photos: list[TrainingView], distance: float) -> list[tuple[int, int]]:
    """Pairs of photos with near positions, in units of the viewing distance, and directions."""
    if len(photos) < 2:
        return []
    places = [[*(photo.camera.center / distance), *photo.camera.viewmat[2, :3]] for photo in photos]
    count = min(_NEIGHBORS + 1, len(photos))
    _, nearest = KDTree(np.array(places)).query(places, k=count)
    return sorted({(min(i, int(j)), max(i, int(j))) for i, row in enumerate(nearest) for j in row if i != j})


def _log_colors(points: np.ndarray, photo: TrainingView) -> np.ndarray:
    """Logarithms of a photo's colours at the points, float32 [N, 3]; NaN outside of it and if clipped."""
    # On the host: each thread that multiplies matrices on a GPU takes 32 MiB and a handle of cuBLAS there.
    rows, pixels, _ = project(torch.tensor(points, dtype=torch.float32), photo.camera)
    x, y = pixels.long().to(photo.pixels.device).unbind(dim=1)
    values = photo.pixels[y, x].float().cpu().numpy()
    is_clipped = ((values < _DARKEST) | (values > _BRIGHTEST)).any(axis=1)
    values[is_clipped] = np.nan
    logs = np.full((len(points), 3), np.nan, np.float32)
    logs[rows.numpy()] = np.log(values)
    return logs


def _log_ratio(
    points: np.ndarray,
    first: TrainingView,
    second: TrainingView,
    logs_first: np.ndarray,
    logs_second: np.ndarray,
) -> np.ndarray | None:
    """Median over the points that both show at similar angles, [3]; None where too few or too different."""
    difference = logs_first - logs_second
    common = np.flatnonzero(~np.isnan(difference[:, 0]))
    rays = [points[common] - photo.camera.center for photo in (first, second)]
    lengths = np.linalg.norm(rays[0], axis=1) * np.linalg.norm(rays[1], axis=1)
    common = common[(rays[0] * rays[1]).sum(axis=1) > _MIN_COSINE * lengths]
    if len(common) < _MIN_COMMON_POINTS:
        return None
    ratio: np.ndarray = np.median(difference[common], axis=0)
    spread = float(np.median(np.abs(difference[common] - ratio)))
    return ratio if spread < _MAX_SPREAD else None


def _solve(count: int, first: np.ndarray, second: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """Log gains [count, 3] whose differences fit the ratios in least squares; zero for lone photos."""
    rows = np.arange(len(ratios))
    matrix = np.zeros((len(ratios), count))
    matrix[rows, first], matrix[rows, second] = 1.0, -1.0
    gains: np.ndarray = np.linalg.lstsq(matrix, ratios, rcond=None)[0]
    return gains
