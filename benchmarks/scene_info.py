"""The content of `scene.json` for scenes that benchmarks make."""

from __future__ import annotations

from components.shared.contracts.capture import CaptureSummary
from components.shared.contracts.scene import LengthUnit, SceneInfo, World
from components.shared.scene import UP


def registered_scene_info(images: int) -> SceneInfo:
    """A scene whose photos are all registered, in the frame of its model."""
    world = World(
        up=UP.tolist(),
        unit=LengthUnit.SCENE_UNIT,
        unit_note="the unit of the model",
        capture_from_scene=((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    )
    return SceneInfo(
        world=world,
        registered=images,
        registered_fraction=1.0,
        points=0,
        reprojection_error_px=None,
        images=[],
        attempts=[],
        capture=CaptureSummary(images=images, accepted=images, rejected=[], ordered=False),
    )
