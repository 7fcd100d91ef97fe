"""The verdict on each photo, with a reason that a photographer understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap

from components.sfm.assess.gaps import Gap, find_gaps
from components.sfm.assess.verified_matches import MIN_MATCHES, overlapping_pairs, read_matches
from components.sfm.capture import CapturePhoto
from components.shared.contracts.scene import PhotoVerdict, SceneImage

_MIN_FEATURES = 200


@dataclass(frozen=True, slots=True)
class Link:
    """Number of verified matches of a photo with another one, `other`."""

    matches: int
    other: str


@dataclass(frozen=True, slots=True)
class PhotoStatistics:
    """What COLMAP found in a photo.

    features: None if the photo was not read. best, best_registered: the links with the most matches to any
    photo and to a registered one, None without matches.
    """

    features: int | None
    best: Link | None
    best_registered: Link | None


def photo_verdicts(
    database: Path,
    photos: list[CapturePhoto],
    errors: Mapping[int, np.ndarray],
    *,
    shows_depth: bool,
    gaps: Mapping[int, Sequence[Gap]],
) -> list[SceneImage]:
    """One entry of `scene.json` for each photo, in the capture's order.

    `errors` are those of `errors_px`, empty without a model; `gaps` those of `read_gaps`.
    """
    statistics = _read_statistics(database, photos, set(errors))
    has_scene = shows_depth and bool(errors)
    return [
        _image(photo, statistics[photo.id], errors.get(photo.id), has_scene, gaps.get(photo.id, ()))
        for photo in photos
    ]


def read_gaps(
    database: Path, photos: list[CapturePhoto], model: pycolmap.Reconstruction | None, *, ordered: bool
) -> dict[int, list[Gap]]:
    """`find_gaps` with the verified matches of the database; none without a model."""
    registered = set(model.reg_image_ids()) if model else set()
    if not registered:
        return {}
    return find_gaps(photos, overlapping_pairs(database), registered, ordered=ordered)


def why_not_registered(
    statistics: PhotoStatistics, *, has_scene: bool, gaps: Sequence[Gap] = ()
) -> tuple[PhotoVerdict, str]:
    """Verdict and reason of a photo without a pose.

    has_scene: other photos have poses, with parallax. gaps: those beside the photo's part of the capture.
    """
    if statistics.features is None:
        return PhotoVerdict.UNREADABLE, "COLMAP cannot read this file; save it as JPEG"
    if statistics.features < _MIN_FEATURES:
        reason = f"only {statistics.features} features found, {_MIN_FEATURES} are needed"
        return PhotoVerdict.FEW_FEATURES, f"{reason}: blurred, dark, or a plain surface"
    if statistics.best is None:
        return PhotoVerdict.UNMATCHED, "it has nothing in common with any other photo"
    shared = f"{statistics.best.matches} features in common with {statistics.best.other}"
    if statistics.best.matches < MIN_MATCHES:
        return PhotoVerdict.UNMATCHED, f"at most {shared}, {MIN_MATCHES} are needed: too little overlap"
    if not has_scene:
        return PhotoVerdict.NOT_REGISTERED, (
            f"{shared}, but both from nearly the same spot: depth cannot be seen"
        )
    if statistics.best_registered is None or statistics.best_registered.matches < MIN_MATCHES:
        apart = f": {' and '.join(map(str, gaps))}" if gaps else ""
        return PhotoVerdict.OTHER_COMPONENT, f"{shared}, but neither is connected to the main scene{apart}"
    shared = (
        f"{statistics.best_registered.matches} features in common with {statistics.best_registered.other}"
    )
    return PhotoVerdict.NOT_REGISTERED, f"{shared}, but they do not agree on one pose for it"


def _image(
    photo: CapturePhoto,
    statistics: PhotoStatistics,
    errors: np.ndarray | None,
    has_scene: bool,
    gaps: Sequence[Gap],
) -> SceneImage:
    verdict, reason = PhotoVerdict.REGISTERED, ""
    if errors is None:
        verdict, reason = why_not_registered(statistics, has_scene=has_scene, gaps=gaps)
    return SceneImage(
        name=photo.name,
        verdict=verdict,
        reason=reason,
        registered=errors is not None,
        points=0 if errors is None else len(errors),
        reprojection_error_px=float(errors.mean()) if errors is not None and len(errors) else None,
        features=statistics.features or 0,
        best_matches=statistics.best.matches if statistics.best else 0,
        frame=photo.rig.frame if photo.rig else "",
    )


def _read_statistics(
    database: Path, photos: list[CapturePhoto], registered: set[int]
) -> dict[int, PhotoStatistics]:
    names = {photo.id: photo.name for photo in photos}
    with pycolmap.Database.open(database) as opened:
        features = {
            id_: opened.num_keypoints_for_image(id_) if opened.exists_keypoints(id_) else None
            for id_ in names
        }
    best: dict[int, Link] = {}
    best_registered: dict[int, Link] = {}
    for (first, second), count in read_matches(database).items():
        for id_, other in ((first, second), (second, first)):
            link = Link(count, names[other])
            _keep_best(best, id_, link)
            if other in registered:
                _keep_best(best_registered, id_, link)
    return {id_: PhotoStatistics(features[id_], best.get(id_), best_registered.get(id_)) for id_ in names}


def _keep_best(links: dict[int, Link], id_: int, link: Link) -> None:
    if link.matches > (links[id_].matches if id_ in links else 0):
        links[id_] = link
