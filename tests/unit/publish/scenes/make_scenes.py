"""Scenes with versions, as runs leave them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
from PIL import Image

from components.publish.scenes.version import begin_version
from components.shared.scene_version import VersionInfo

NOW = 2_000_000_000.0
DAY = 86_400.0


def make_version(
    scenes: Path, scene: str, name: str, *, good: bool | None = True, age_days: float = 1.0
) -> Path:
    """A version whose run succeeded, failed, or left no report (None)."""
    folder = scenes / scene / name
    begin_version(str(folder), VersionInfo(scene=scene, version=name, capture="in/", holder="run-1"))
    (folder / "thumbnail.webp").write_bytes(picture())
    (folder / "viewer.html").write_text("viewer")
    if good is not None:
        report = {
            "status": "succeeded" if good else "failed",
            "delivered": {"psnr_db": 27.25},
            "compress": {"bytes": 5_100_000, "gaussians": 248_490},
            "totals": {"seconds": 720.0, "cost_usd": 0.31},
        }
        (folder / "report.json").write_text(json.dumps(report))
    for path in folder.iterdir():
        os.utime(path, (NOW - age_days * DAY,) * 2)
    return folder


def picture() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (300, 480, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "WEBP")
    return content.getvalue()
