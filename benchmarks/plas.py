"""PLAS: the product's two grids, the published algorithm in numpy, and the authors' program if installed.

    OMP_NUM_THREADS=1 python -m benchmarks.plas --sides 64 128 --channels 3 14

Random features on a square picture. `neighbors` is the mean distance of the features of texels next to each
other, and VAD the variance of absolute differences, the measure of the paper; less is smoother. The authors'
package `plas` is on no registry: its repository must be on the path.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import time
from collections.abc import Callable

import numpy as np
import torch

from components.compress.order.plas.numba_grid import NumbaGrid
from components.compress.order.plas.sort import IMPROVEMENT_BREAK, plas_order
from components.compress.order.plas.torch_grid import TorchGrid
from tests.unit.compress.order.plas.published import (
    neighbor_distance,
    published_order,
    variance_of_absolute_differences,
)

Sort = Callable[[np.ndarray, int], np.ndarray]
"""Permutation [N] of features [N, C] for a picture of that side."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 64, 128], metavar="TEXELS")
    parser.add_argument("--channels", type=int, nargs="+", default=[3, 14])
    parser.add_argument("--largest", type=int, default=64, help="side that numpy may get (64)")
    arguments = parser.parse_args()
    print("| picture | | neighbors | VAD | seconds | CPU s |\n|---|---|---|---|---|---|")
    for channels in arguments.channels:
        for side in arguments.sides:
            features = np.random.default_rng(0).random((side**2, channels), dtype=np.float32)
            for name, sort in _sorts(side <= arguments.largest).items():
                _measure(f"{side}×{side}×{channels}", name, sort, features, side)


def _sorts(is_small: bool) -> dict[str, Sort]:
    sorts: dict[str, Sort] = {"numba": lambda features, side: plas_order(features, side, NumbaGrid)}
    if torch.cuda.is_available():
        sorts["torch, CUDA"] = lambda features, side: plas_order(features, side, TorchGrid)
    elif is_small:
        on_cpu = functools.partial(TorchGrid, device="cpu")
        sorts["torch, CPU"] = lambda features, side: plas_order(features, side, on_cpu)
    if is_small:
        sorts["published, numpy"] = lambda features, _: published_order(
            features, improvement_break=IMPROVEMENT_BREAK
        )
    if importlib.util.find_spec("plas"):
        sorts["authors' program"] = _sort_by_authors
    return sorts


def _sort_by_authors(features: np.ndarray, side: int) -> np.ndarray:
    import plas

    device = "cuda" if torch.cuda.is_available() else "cpu"
    picture = torch.from_numpy(features.T.reshape(-1, side, side).copy()).to(device)
    _, order = plas.sort_with_plas(picture, improvement_break=IMPROVEMENT_BREAK, seed=0)
    return np.asarray(order.cpu()).ravel()


def _measure(picture: str, name: str, sort: Sort, features: np.ndarray, side: int) -> None:
    sort(features[:256], 16)  # compiles
    wall, cpu = time.perf_counter(), time.process_time()
    order = sort(features, side)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    arranged = features[order].reshape(side, side, -1)
    smoothness = f"{neighbor_distance(arranged):.4f} | {variance_of_absolute_differences(arranged):.6f}"
    print(f"| {picture} | {name} | {smoothness} | {wall:.1f} | {cpu:.1f} |", flush=True)


if __name__ == "__main__":
    main()
