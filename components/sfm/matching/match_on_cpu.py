"""Matches of many pairs of photos, on all CPUs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.matching.nearest_descriptors import mutual_matches, principal_axes
from components.shared.parallel import completed


def match_on_cpu(database: Path, pairs: list[tuple[int, int]], *, threads: int) -> None:
    """Add the matches of pairs of image ids that have none yet; without geometric verification.

    Equal for any number of threads. numpy's products should use one thread each (`OPENBLAS_NUM_THREADS`).
    """
    with pycolmap.Database.open(database) as opened:
        todo = [pair for pair in pairs if not opened.exists_matches(*pair)]
        descriptors = {image: _descriptors(opened, image) for pair in todo for image in pair}

        def find_axes(image: int) -> np.ndarray:
            return principal_axes(descriptors[image])

        axes = dict(completed(find_axes, {first for first, _ in todo}, threads=threads, name="axes"))

        def match(pair: tuple[int, int]) -> np.ndarray:
            first, second = pair
            return mutual_matches(descriptors[first], descriptors[second], axes[first])

        with pycolmap.DatabaseTransaction(opened):
            for pair, matches in completed(match, todo, threads=threads, name="match"):
                opened.write_matches(*pair, matches)


def _descriptors(database: pycolmap.Database, image: int) -> np.ndarray:
    """[N, 128] uint8; none of a photo that could not be decoded."""
    if not database.exists_descriptors(image):
        return np.empty((0, 128), np.uint8)
    return np.asarray(database.read_descriptors(image).data, np.uint8).reshape(-1, 128)
