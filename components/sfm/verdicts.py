"""What became of each photo, in words its photographer understands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap

from components.sfm.capture import Photo
from components.sfm.reprojection import errors_px

REGISTERED = "registered"
UNREADABLE = "unreadable"
FEW_FEATURES = "few features"
UNMATCHED = "unmatched"
OTHER_COMPONENT = "other component"
NOT_REGISTERED = "not registered"

_FEW_FEATURES = 200
_FEW_MATCHES = 30


@dataclass(frozen=True, slots=True)
class Link:
    """How many details a photo and another one agree in."""

    matches: int
    other: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found of a photo. `features` None: it was not read; links to the best partner, if any."""

    features: int | None
    best: Link | None
    best_registered: Link | None


def photo_verdicts(
    database: Path, photos: list[Photo], model: pycolmap.Reconstruction | None, *, shows_depth: bool
) -> list[dict[str, Any]]:
    """One entry per photo for `scene.json`, in the capture's order."""
    errors = errors_px(model) if model else {}
    evidence = _read_evidence(database, photos, set(errors))
    is_scene = shows_depth and bool(errors)
    return [_entry(photo, evidence[photo.id], errors.get(photo.id), is_scene) for photo in photos]


def why_not(evidence: Evidence, *, is_scene: bool) -> tuple[str, str]:
    """Verdict and reason of a photo that has no place; `is_scene`: others have one that can be believed."""
    if evidence.features is None:
        return UNREADABLE, "COLMAP cannot read this file; save it as JPEG"
    if evidence.features < _FEW_FEATURES:
        reason = f"only {evidence.features} details found, {_FEW_FEATURES} are needed"
        return FEW_FEATURES, f"{reason}: blurred, dark, or a plain surface"
    if evidence.best is None:
        return UNMATCHED, "it has nothing in common with any other photo"
    shared = f"{evidence.best.matches} details in common with {evidence.best.other}"
    if evidence.best.matches < _FEW_MATCHES:
        return UNMATCHED, f"at most {shared}, {_FEW_MATCHES} are needed: too little overlap"
    if not is_scene:
        return NOT_REGISTERED, f"{shared}, but both from nearly the same spot: depth cannot be seen"
    if evidence.best_registered is None or evidence.best_registered.matches < _FEW_MATCHES:
        return OTHER_COMPONENT, f"{shared}, but neither is connected to the main scene"
    shared = f"{evidence.best_registered.matches} details in common with {evidence.best_registered.other}"
    return NOT_REGISTERED, f"{shared}, but they do not agree on one place for it"


def _entry(photo: Photo, evidence: Evidence, errors: np.ndarray | None, is_scene: bool) -> dict[str, Any]:
    verdict, reason = (REGISTERED, "") if errors is not None else why_not(evidence, is_scene=is_scene)
    return {
        "name": photo.name,
        "verdict": verdict,
        "reason": reason,
        "registered": errors is not None,
        "points": 0 if errors is None else len(errors),
        "reprojection_error_px": float(errors.mean()) if errors is not None and len(errors) else None,
        "features": evidence.features or 0,
        "best_matches": evidence.best.matches if evidence.best else 0,
    }


def _read_evidence(database: Path, photos: list[Photo], registered: set[int]) -> dict[int, Evidence]:
    names = {photo.id: photo.name for photo in photos}
    with pycolmap.Database.open(database) as opened:
        features = {
            id_: opened.num_keypoints_for_image(id_) if opened.exists_keypoints(id_) else None
            for id_ in names
        }
        pairs, counts = opened.read_two_view_geometry_num_inliers()
    best: dict[int, Link] = {}
    best_registered: dict[int, Link] = {}
    for pair, count in zip(pairs, counts, strict=True):
        first, second = pair if isinstance(pair, tuple) else pycolmap.pair_id_to_image_pair(pair)
        for id_, other in ((first, second), (second, first)):
            link = Link(int(count), names[other])
            _keep_best(best, id_, link)
            if other in registered:
                _keep_best(best_registered, id_, link)
    return {id_: Evidence(features[id_], best.get(id_), best_registered.get(id_)) for id_ in names}


def _keep_best(links: dict[int, Link], id_: int, link: Link) -> None:
    if link.matches > (links[id_].matches if id_ in links else 0):
        links[id_] = link
