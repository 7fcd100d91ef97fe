"""What the report says of structure from motion, whether it was enough or not."""

from __future__ import annotations

from typing import Any

_NAMES = ("registered", "registered_fraction", "points", "reprojection_error_px", "attempts")


def report_figures(outcome: dict[str, Any]) -> dict[str, Any]:
    """The `sfm` part of `report.json`, from `scene.json` or what would have become it."""
    lost = [image for image in outcome["images"] if not image["registered"]]
    unregistered = [{key: image[key] for key in ("name", "verdict", "reason")} for image in lost]
    return {**{name: outcome[name] for name in _NAMES}, "unregistered": unregistered}
