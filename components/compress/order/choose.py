"""The order of the Gaussians in the file: by name, or the curve along which positions compress best."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np

from components.compress.order.hilbert import hilbert_order
from components.compress.order.morton import log_morton_order, morton_order
from components.compress.order.plas.features import plas_features
from components.compress.order.plas.sort import MakeGrid, plas_order
from components.compress.settings import CompressSettings
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.resources import available_cpus
from components.shared.sog.attributes import encode_means
from components.shared.sog.textures import encode_texture, texture_size
from components.shared.splats import Splats

Curve = Literal["hilbert", "log-morton", "morton"]
OrderName = Literal[Curve, "plas"]

_CURVES: dict[Curve, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "hilbert": lambda _, codes: hilbert_order(codes),
    "log-morton": lambda _, codes: log_morton_order(codes),
    "morton": lambda means, _: morton_order(means),
}
"""Functions of positions [N, 3] and their codes [N, 3] that give the permutation [N]."""


def choose_order(
    splats: Splats,
    codes: np.ndarray,
    settings: CompressSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    quick: bool = False,
) -> tuple[OrderName, np.ndarray]:
    """Name and permutation [N] of the order that the settings name, or of the smallest curve.

    `codes` are the quantized positions, uint16 [N, 3]. quick: `auto` is the Hilbert curve at once.
    """
    if settings.order == "plas":
        return "plas", _plas(splats, codes, settings, on_progress)
    if settings.order != "auto":
        return settings.order, _CURVES[settings.order](splats.means, codes)
    if quick:
        return "hilbert", hilbert_order(codes)
    return _smallest_curve(splats.means, codes)


def _smallest_curve(means: np.ndarray, codes: np.ndarray) -> tuple[Curve, np.ndarray]:
    """The curve with the smallest position textures.

    The other textures hardly differ, since neighbors in space are neighbors along each. PLAS is not tried: it
    takes minutes, and its files are larger.
    """
    with ThreadPoolExecutor(available_cpus()) as pool:  # NumPy and Pillow release the GIL
        permutations = list(pool.map(lambda curve: curve(means, codes), _CURVES.values()))
        textures = [each for permutation in permutations for each in _textures(codes[permutation])]
        sizes = np.array([len(data) for data in pool.map(encode_texture, textures)])
    best = int(np.argmin(sizes.reshape(len(permutations), -1).sum(axis=1)))
    return list(_CURVES)[best], permutations[best]


def _plas(
    splats: Splats, codes: np.ndarray, settings: CompressSettings, on_progress: OnProgress
) -> np.ndarray:
    width, _ = texture_size(len(splats))
    return plas_order(
        plas_features(splats, codes),
        width,
        _grid_of(settings.device),
        seed=settings.seed,
        on_round=lambda done: on_progress(Progress("sort by PLAS", done)),
    )


def _grid_of(device: Literal["auto", "cpu", "cuda"]) -> MakeGrid:
    # Imported here: torch and numba take seconds, and the curves need neither.
    if device != "cpu":
        from components.shared.rasterize.cuda_device import has_cuda

        if device == "cuda" or has_cuda():
            from components.compress.order.plas.torch_grid import TorchGrid

            return TorchGrid
    from components.compress.order.plas.numba_grid import NumbaGrid

    return NumbaGrid


def _textures(codes: np.ndarray) -> list[np.ndarray]:
    limits = np.zeros(3)  # they do not change the textures
    return list(encode_means(codes, limits, limits).textures.values())
