"""Feature matching of pairs of photos, with geometric verification."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.capture import CapturePhoto
from components.sfm.matching.pairs import Pair
from components.shared.resources import available_cpus

_PAIRS_PER_CPU = 24


def match_features(
    database: Path,
    photos: list[CapturePhoto],
    pairs: list[Pair],
    *,
    seed: int,
    on_count: Callable[[int], None],
) -> None:
    """Match and verify pairs of indices into `photos`; COLMAP skips pairs that the database has."""
    options = pycolmap.FeatureMatchingOptions()
    options.num_threads = available_cpus()
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = seed
    list_path = database.with_suffix(".pairs.txt")
    batch = _PAIRS_PER_CPU * options.num_threads
    for start in range(0, len(pairs), batch):
        names = ((photos[a].colmap_name, photos[b].colmap_name) for a, b in pairs[start : start + batch])
        list_path.write_text("".join(f"{first} {second}\n" for first, second in names), encoding="utf-8")
        pycolmap.match_image_pairs(
            database,
            matching_options=options,
            pairing_options=pycolmap.ImportedPairingOptions(match_list_path=list_path),
            verification_options=verification,
        )
        on_count(min(start + batch, len(pairs)))
