"""Synthetic photos, the files of a capture, and the errors of a refused source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.shared.errors import InputError


def textured_image(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """Blotches with fine grain: images of two seeds differ, and all are sharp."""
    rng = np.random.default_rng(seed)
    blotches = Image.fromarray(rng.integers(40, 216, (12, 16, 3), np.uint8))
    smooth = np.asarray(blotches.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    grain = rng.integers(-30, 31, (height, width, 1), np.int16)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def file_names(capture: Path) -> list[str]:
    """Paths of photos and masks in a capture."""
    files = (path.relative_to(capture).as_posix() for path in capture.rglob("*") if path.is_file())
    return sorted(name for name in files if name != "capture.json")


def refused(run: Callable[..., object], source: Path, **settings: object) -> InputError:
    """The error that a source which must not be accepted is refused with."""
    with pytest.raises(InputError) as error:
        run(source, **settings)
    assert error.value.exit_code == 3
    assert error.value.remedy
    return error.value
