"""Gates: what a reconstruction must reach before a GPU is used for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pycolmap

from components.sfm.assess.gaps import Gap, name_gaps
from components.sfm.settings import SfmSettings
from components.shared.contracts.inspection import UnmetGate
from components.shared.contracts.scene import PhotoVerdict, SceneImage
from components.shared.errors import ReconstructionError

_MOST_LISTED = 8
_FLAT = {
    int(pycolmap.TwoViewGeometryConfiguration.PLANAR),
    int(pycolmap.TwoViewGeometryConfiguration.PANORAMIC),
    int(pycolmap.TwoViewGeometryConfiguration.PLANAR_OR_PANORAMIC),
}
_MIN_FRACTION_WITH_DEPTH = 0.05
_OVERLAP = (
    "Photograph all around the subject in small steps: each photo should show two thirds of what the one "
    "before it shows. Leave out photos of other places."
)
_NO_DEPTH = (
    "The photos were taken from one spot, or show one flat surface: depth cannot be seen in them. Move by a "
    "tenth of the distance to the subject or more between photos, instead of turning on the spot."
)
_REMEDIES = {
    PhotoVerdict.UNREADABLE: "Save the photos named above as JPEG, and run again.",
    PhotoVerdict.FEW_FEATURES: "Leave out blurred and dark photos and bare walls; include things with "
    "texture, such as a rug or books, in every photo.",
    PhotoVerdict.OTHER_COMPONENT: "The photos fall into groups that nothing connects: add photos on the way "
    "from one to the other, each overlapping the last by two thirds, or run each group by itself.",
    PhotoVerdict.NOT_REGISTERED: "Move between photos, by a tenth of the distance to the subject or more, "
    "instead of turning on the spot; each photo should overlap the last by two thirds.",
}


def passes(registered: int, photos: int, points: int, settings: SfmSettings) -> bool:
    """Whether a reconstruction has enough points and more than the required fraction of the photos."""
    return points >= settings.min_points and registered > settings.min_registered_fraction * photos


def shows_depth(database: Path) -> bool:
    """Whether the verified matches show parallax that neither a plane nor a rotation explains.

    Decided by the fraction of inlier matches in pairs that are neither planar nor panoramic. Measured: 1.0
    for photos of a façade, 0.8 for a walk around a house, 0.0 for a turn on the spot.
    """
    with pycolmap.Database.open(database) as opened:
        _, geometries = opened.read_two_view_geometries()
    matches = sum(len(geometry.inlier_matches) for geometry in geometries)
    flat = sum(len(geometry.inlier_matches) for geometry in geometries if int(geometry.config) in _FLAT)
    return not matches or matches - flat > _MIN_FRACTION_WITH_DEPTH * matches


def check_gates(
    images: list[SceneImage],
    points: int,
    settings: SfmSettings,
    *,
    shows_depth: bool,
    gaps: Mapping[int, Sequence[Gap]],
) -> None:
    """Check both gates; the remedy names the `gaps` of `read_gaps`.

    Raises:
        ReconstructionError: a gate is not met; the message names photos that were not registered, and why.
    """
    lost = [image for image in images if not image.registered]
    registered = len(images) - len(lost)
    if passes(registered, len(images), points, settings):
        return
    raise ReconstructionError(
        f"{registered} of {len(images)} photos were registered, with {points} points; "
        f"more than {settings.min_registered_fraction:.0%} of the photos and {settings.min_points} points "
        f"are needed{_listed(lost)}",
        remedy=_remedy(lost, shows_depth, gaps),
    )


def unmet_gate(
    images: list[SceneImage], settings: SfmSettings, gaps: Mapping[int, Sequence[Gap]]
) -> UnmetGate | None:
    """What `check_gates` will say if no more than the `registered` images are; None if they are enough."""
    lost = [image for image in images if not image.registered]
    expected = len(images) - len(lost)
    if passes(expected, len(images), settings.min_points, settings):
        return None
    return UnmetGate(
        message=f"{expected} of {len(images)} photos are expected to be registered; more than "
        f"{settings.min_registered_fraction:.0%} of the photos are needed{_listed(lost)}",
        remedy=_remedy(lost, True, gaps),
    )


def _listed(lost: list[SceneImage]) -> str:
    photos: dict[str, SceneImage] = {}
    for image in lost:
        photos.setdefault(image.frame or image.name, image)  # all views of a 360° photo once
    lines = [f"\n  {name}: {image.verdict}, {image.reason}" for name, image in photos.items()]
    if len(lines) > _MOST_LISTED:
        lines[_MOST_LISTED:] = [f"\n  and {len(lines) - _MOST_LISTED} more"]
    return ":" + "".join(lines) if lines else ""


def _remedy(lost: list[SceneImage], shows_depth: bool, gaps: Mapping[int, Sequence[Gap]]) -> str:
    """The remedy for the most frequent verdict; on bare walls the few features may well be flat."""
    causes = Counter(image.verdict for image in lost).most_common(1)
    cause = causes[0][0] if causes else None
    if not shows_depth and cause != PhotoVerdict.FEW_FEATURES:
        return _NO_DEPTH
    remedy = _REMEDIES.get(cause, _OVERLAP) if cause else _OVERLAP
    return (
        f"There is {name_gaps(gaps)}. {remedy}" if gaps and cause == PhotoVerdict.OTHER_COMPONENT else remedy
    )
