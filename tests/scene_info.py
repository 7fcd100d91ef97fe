"""The content of `scene.json` for scenes that tests make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.shared.contracts.capture import CaptureSummary, RejectedImage
from components.shared.contracts.scene import (
    Attempt,
    FeatureEffort,
    LengthUnit,
    Mapper,
    Matching,
    PhotoVerdict,
    SceneImage,
    SceneInfo,
    World,
)

IDENTITY = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))


def scene_info(
    registered: Sequence[str] = (),
    *,
    lost: Sequence[str] = (),
    rejected: Sequence[RejectedImage] = (),
    **changes: Any,
) -> SceneInfo:
    """A scene of `registered` photos, each of which sees 100 to 104 of 150 points."""
    images = [_registered(name, 100 + index % 5) for index, name in enumerate(registered)]
    images += [_lost(name) for name in lost]
    accepted = len(images)
    attempt = Attempt(
        matching=Matching.EXHAUSTIVE,
        mapper=Mapper.INCREMENTAL,
        features=FeatureEffort.DEFAULT,
        registered=len(registered),
        points=150,
        reprojection_error_px=0.5,
        seconds=4.0,
    )
    info = SceneInfo(
        world=World(
            up=(0, -1, 0), unit=LengthUnit.METRE, unit_note="metres from GPS", capture_from_scene=IDENTITY
        ),
        registered=len(registered),
        registered_fraction=len(registered) / max(1, accepted),
        points=150,
        reprojection_error_px=0.5,
        images=images,
        attempts=[attempt],
        capture=CaptureSummary(
            images=accepted + len(rejected), accepted=accepted, rejected=list(rejected), ordered=True
        ),
    )
    return info.replace(**changes)


def _registered(name: str, points: int) -> SceneImage:
    return SceneImage(
        name=name,
        verdict=PhotoVerdict.REGISTERED,
        reason="",
        registered=True,
        points=points,
        reprojection_error_px=0.5,
    )


def _lost(name: str) -> SceneImage:
    return SceneImage(
        name=name,
        verdict=PhotoVerdict.UNMATCHED,
        reason="too little overlap",
        registered=False,
        points=0,
    )
