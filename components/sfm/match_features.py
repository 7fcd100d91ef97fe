"""Compare pairs of photos, and keep what agrees geometrically."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.pairs import Pair
from components.shared.resources import available_cpus

_BATCH = 60


def match_features(database: Path, pairs: list[Pair], on_fraction: Callable[[float], None]) -> None:
    """Match and verify the pairs; ones that the database already has are passed over by COLMAP."""
    options = pycolmap.FeatureMatchingOptions()
    options.num_threads = available_cpus()
    list_path = database.with_name("pairs.txt")
    for start in range(0, len(pairs), _BATCH):
        batch = pairs[start : start + _BATCH]
        list_path.write_text("".join(f"{first} {second}\n" for first, second in batch), encoding="utf-8")
        pycolmap.match_image_pairs(
            database,
            matching_options=options,
            pairing_options=pycolmap.ImportedPairingOptions(match_list_path=list_path),
        )
        on_fraction((start + len(batch)) / len(pairs))
