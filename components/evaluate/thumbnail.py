"""The thumbnail of the scene, also shown while the viewer loads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from components.evaluate.encode_images import encode_webp
from components.evaluate.look_at import LookAt
from components.evaluate.measure import render_image
from components.shared.splats import Splats

_SUPERSAMPLING = 2
_WEBP_QUALITY = 82


def thumbnail(splats: Splats, look: LookAt, max_side_px: int, background: Sequence[float]) -> bytes:
    """Render of the scene from `look` as WebP."""
    width, height = frame_size(look, max_side_px)
    camera = look.camera(width * _SUPERSAMPLING, height * _SUPERSAMPLING)
    image = Image.fromarray(render_image(splats, camera, background))
    return encode_webp(np.asarray(image.resize((width, height), Image.Resampling.BOX)), _WEBP_QUALITY)


def frame_size(look: LookAt, max_side_px: int, *, multiple: int = 1) -> tuple[int, int]:
    """Width and height in pixels: multiples of `multiple`, the longer side about `max_side_px`."""
    longer = max(look.aspect, 1.0)
    width, height = max_side_px * look.aspect / longer, max_side_px / longer
    return (
        max(multiple, round(width / multiple) * multiple),
        max(multiple, round(height / multiple) * multiple),
    )
