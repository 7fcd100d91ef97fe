"""Images as WebP and as data URIs, for pages that contain their images."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image


def encode_webp(image: np.ndarray, quality: int) -> bytes:
    """An image, uint8 [H, W, 3] or [H, W, 4], as WebP; `quality` is 0 to 100."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def data_uri(content: bytes, media_type: str = "image/webp") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
