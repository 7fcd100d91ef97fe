"""What structure from motion needs to know of a capture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.shared.files import read_json


@dataclass(frozen=True, slots=True)
class Capture:
    """An unpacked capture; `images` are the accepted entries of `capture.json`, sorted by name."""

    root: Path
    images: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    ordered: bool
    info: dict[str, Any]

    @property
    def image_folder(self) -> Path:
        return self.root / "images"

    @property
    def names(self) -> list[str]:
        return [image["name"] for image in self.images]

    def names_of(self, group_id: int) -> list[str]:
        return [image["name"] for image in self.images if image["camera_group"] == group_id]


def read_capture(root: Path) -> Capture:
    info = read_json(root / "capture.json")
    accepted = [image for image in info["images"] if image["verdict"] == "accepted"]
    return Capture(
        root=root,
        images=sorted(accepted, key=lambda image: image["name"]),
        groups=info["camera_groups"],
        ordered=info["ordered"],
        info=info,
    )
