"""Few features on small images, matches of the pairs that look alike, and the parts that these connect."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.assess.gaps import describe_gaps, find_gaps
from components.sfm.assess.gates import unmet_gate
from components.sfm.assess.verdicts import photo_verdicts
from components.sfm.assess.verified_matches import connected_parts, overlapping_pairs
from components.sfm.capture import Capture, read_capture
from components.sfm.configurations import FeatureOptions
from components.sfm.features.create_database import create_database
from components.sfm.features.extract_features import extract_features
from components.sfm.matching.match_features import match_features
from components.sfm.matching.pairs import pairs_to_match
from components.sfm.preview.expected import EXPECTED_FILE, ExpectedRegistration
from components.sfm.run_worker import Job
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import FeatureEffort, Matching
from components.shared.progress import OnProgress, Progress

_FEW = FeatureOptions(effort=FeatureEffort.DEFAULT, max_features=2048, detection_px=1000, enlargement=1.5)
_MANY = FeatureOptions(effort=FeatureEffort.DEFAULT, max_features=1024, detection_px=800, enlargement=1.0)
"""A third of the CPU time of structure from motion on the 252 photos of bonsai."""
_FEW_PHOTOS = 60
"""Up to so many take little time, and photos far apart share few features: with 768 of each, 3 of 8 rendered
photos that structure from motion registers had too few matches."""
_MOST_EXHAUSTIVE = 24
_EXTRACTED = 0.55


def match_small(job: Job, on_progress: OnProgress) -> None:
    """Write `expected.json` into the job's folder `scene`."""
    pycolmap.set_random_seed(job.settings.seed)
    capture = read_capture(job.capture)
    database = job.scratch / "small.db"
    _match(capture, database, job, on_progress)
    expected_registration(capture, database, job.settings).write(job.scene / EXPECTED_FILE)


def expected_registration(capture: Capture, database: Path, settings: SfmSettings) -> ExpectedRegistration:
    """The photos of the largest part that verified matches connect, and why the others are not in it."""
    photos, links = capture.photos, overlapping_pairs(database)
    parts = connected_parts([photo.id for photo in photos], links, set())
    largest, size = Counter(parts.values()).most_common(1)[0]
    main = {id_ for id_, part in parts.items() if part == largest} if size > 1 else set()
    gaps = find_gaps(photos, links, main, ordered=capture.summary.ordered) if main else {}
    # Without a reconstruction there are no errors: the empty list says that a photo has its place.
    in_place = dict.fromkeys(main, np.zeros(0))
    images = photo_verdicts(database, photos, in_place, shows_depth=True, gaps=gaps)
    return ExpectedRegistration(
        images=images, notes=describe_gaps(gaps), unmet_gate=unmet_gate(images, settings, gaps)
    )


def _match(capture: Capture, database: Path, job: Job, on_progress: OnProgress) -> None:
    photos, settings = capture.photos, job.settings

    def extracted(count: int) -> None:
        on_progress(Progress("find features", _EXTRACTED * count / len(photos)))

    def matched(count: int) -> None:
        on_progress(Progress("match photos", _EXTRACTED + (1 - _EXTRACTED) * count / max(1, len(pairs))))

    features = _FEW if len(photos) <= _FEW_PHOTOS else _MANY
    create_database(database, capture, settings.max_image_px)
    extract_features(database, capture, settings.max_image_px, features, {}, extracted)
    matching = Matching.EXHAUSTIVE if len(photos) <= _MOST_EXHAUSTIVE else Matching.RETRIEVAL
    pairs = pairs_to_match(photos, matching, database, seed=settings.seed)
    match_features(database, photos, pairs, seed=settings.seed, on_count=matched)
