"""Capture archives for tests, made from a folder of photos."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from components.shared.archive import pack
from components.shared.files import write_json


def make_capture(photos: list[Path], archive: Path, scratch: Path, *, ordered: bool = False) -> Path:
    """Pack photos with a `capture.json` as ingest writes it: one camera group per size, no focal length."""
    groups: dict[tuple[int, int], int] = {}
    images = []
    for number, photo in enumerate(photos):
        name = f"{number:03d}_{photo.name}"
        (scratch / "images").mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, scratch / "images" / name)
        with Image.open(photo) as image:
            group = groups.setdefault(image.size, len(groups))
        images.append({"name": name, "verdict": "accepted", "reason": "", "camera_group": group, "gps": None})
    camera_groups = [
        {"id": group, "width": width, "height": height, "focal_length_px": None}
        for (width, height), group in groups.items()
    ]
    info = {"schema": 1, "images": images, "camera_groups": camera_groups, "ordered": ordered}
    write_json(scratch / "capture.json", info)
    pack(scratch, archive)
    return archive
