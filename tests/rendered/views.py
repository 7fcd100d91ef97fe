"""The truth of the flat views that the product makes of 360° photos and of fisheyes."""

from __future__ import annotations

import numpy as np
import pycolmap

from components.shared.contracts.capture import CaptureInfo
from components.shared.contracts.scene import SceneInfo
from tests.rendered.truth import TrueView, Truth


def with_views(truth: Truth, capture: CaptureInfo, scene: SceneInfo | None = None) -> Truth:
    """The truth by the names in `capture`, or in `scene` where that has others.

    A view of a 360° photo has its centre, turned as `rig` says; the front view of a fisheye has its pose.
    """
    shown = {image.name: image.shown_name for image in scene.images} if scene else {}
    views: dict[str, TrueView] = {}
    sources: dict[str, list[str]] = {}
    for image in capture.accepted:
        source = image.rig.frame if image.rig else image.name
        view = truth.views[source]
        if image.rig:
            w, x, y, z = image.rig.cam_from_rig
            turn = pycolmap.Rotation3d(np.array([x, y, z, w])).matrix()
            view = TrueView(turn @ view.cam_from_world, view.camera)
        name = shown.get(image.name, image.name)
        views[name] = view
        sources.setdefault(source, []).append(name)
    parts = [[name for source in part for name in sources.get(source, [])] for part in truth.parts]
    return Truth(views, truth.gps_origin, parts)
