"""Feature matching of pairs of photos, with geometric verification."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.capture import CapturePhoto
from components.sfm.features.device import check_results, feature_device
from components.sfm.matching.pairs import Pair
from components.shared.resources import available_cpus

_PAIRS_PER_CPU, _PAIRS_PER_CPU_WITH_GPU = 24, 96
"""In a batch. A GPU matches 100 pairs in the time that COLMAP takes to set it up for a batch."""
_MOST_BATCHES = 100  # each reads the list of all photos again


def match_features(
    database: Path,
    photos: list[CapturePhoto],
    pairs: list[Pair],
    *,
    seed: int,
    on_count: Callable[[int], None],
) -> None:
    """Match and verify pairs of indices into `photos` that the database does not have yet."""
    options = pycolmap.FeatureMatchingOptions()
    options.num_threads = available_cpus()
    options.skip_image_pairs_in_same_frame = True
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = seed
    device = feature_device()
    list_path = database.with_suffix(".pairs.txt")
    per_cpu = _PAIRS_PER_CPU if device == pycolmap.Device.cpu else _PAIRS_PER_CPU_WITH_GPU
    batch = max(per_cpu * options.num_threads, -(-len(pairs) // _MOST_BATCHES))
    for start in range(0, len(pairs), batch):
        some = [(photos[a], photos[b]) for a, b in pairs[start : start + batch]]
        if device == pycolmap.Device.cpu:  # COLMAP then only verifies these
            from components.sfm.matching.match_on_cpu import match_on_cpu  # numba: half a second

            match_on_cpu(database, [(a.id, b.id) for a, b in some], threads=options.num_threads)
        names = ((a.colmap_name, b.colmap_name) for a, b in some)
        list_path.write_text("".join(f"{first} {second}\n" for first, second in names), encoding="utf-8")
        pycolmap.match_image_pairs(
            database,
            matching_options=options,
            pairing_options=pycolmap.ImportedPairingOptions(match_list_path=list_path),
            verification_options=verification,
            device=device,
        )
        on_count(min(start + batch, len(pairs)))
    with pycolmap.Database.open(database) as opened:
        check_results(device, opened.num_matched_image_pairs(), "matches")
