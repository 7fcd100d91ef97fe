"""A small capture as Blender's synthetic ones are, with what lies beside the photos of such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from demo_capture.posed import ObjectCapture

SIZE, TRAIN, TEST = 200, 28, 5


def write_posed_capture(folder: Path, *, train: int = TRAIN, test: int = TEST) -> ObjectCapture:
    capture = ObjectCapture.plan(train=train, test=test, size=SIZE)
    capture.write(folder)
    gray = Image.fromarray(np.full((SIZE, SIZE), 99, np.uint8))
    gray.save(folder / "test" / "r_0_depth_0001.png")
    gray.save(folder / "preview.png")
    return capture
