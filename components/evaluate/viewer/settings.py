"""Settings of PlayCanvas' viewer for a scene and its cameras.

The viewer rotates every splat file by 180° about z; cameras are rotated alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import JsonValue

from components.evaluate.look_at import LookAt

_VIEWER_FROM_SCENE = np.array([-1.0, -1.0, 1.0])
_PLACEHOLDER_FOV_DEG = 60.0
"""Placeholder: `boot.js` sets the field of view for the shape of the window."""

_NO_EFFECTS: dict[str, JsonValue] = {
    "sharpness": {"enabled": False, "amount": 0},
    "bloom": {"enabled": False, "intensity": 0.1, "blurLevel": 2},
    "grading": {"enabled": False, "brightness": 1, "contrast": 1, "saturation": 1, "tint": [1, 1, 1]},
    "vignette": {"enabled": False, "intensity": 0.5, "inner": 0.3, "outer": 0.75, "curvature": 1},
    "fringing": {"enabled": False, "intensity": 0.5},
}


def experience_settings(
    initial: LookAt, tour: Sequence[LookAt], tour_seconds: float, background: Sequence[float]
) -> dict[str, JsonValue]:
    """The settings in the viewer's format 2; `tour` is a loop, or empty for none."""
    return {
        "version": 2,
        "tonemapping": "none",
        "highPrecisionRendering": False,
        "background": {"color": list(background)},
        "postEffectSettings": _NO_EFFECTS,
        "animTracks": [_track(tour, tour_seconds)] if tour else [],
        "cameras": [
            {
                "initial": {
                    "position": _point(initial.position),
                    "target": _point(initial.target),
                    "fov": _PLACEHOLDER_FOV_DEG,
                }
            }
        ],
        "annotations": [],
        "startMode": "animTrack" if tour else "default",
    }


def _track(tour: Sequence[LookAt], seconds: float) -> dict[str, JsonValue]:
    rate = len(tour) / seconds
    return {
        "name": "tour",
        "duration": seconds,
        "frameRate": rate,
        "loopMode": "repeat",
        "interpolation": "spline",
        "smoothness": 1,
        "keyframes": {
            "times": list(range(len(tour))),
            "values": {
                "position": [value for frame in tour for value in _point(frame.position)],
                "target": [value for frame in tour for value in _point(frame.target)],
                "fov": [_PLACEHOLDER_FOV_DEG] * len(tour),
            },
        },
    }


def _point(scene: np.ndarray) -> list[JsonValue]:
    return [round(float(value), 6) for value in scene * _VIEWER_FROM_SCENE]
