"""The formats that scenes are written in: one table of names and suffixes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from components.shared.sog.open_files import LOD_META


@dataclass(frozen=True, slots=True)
class SceneFormat:
    """`name` is that of settings, as in `formats=sog,ply`; `suffix` is how the names of its files end."""

    name: str
    suffix: str
    description: str


FORMATS = (
    SceneFormat("sog", ".sog", "PlayCanvas' SOG of version 2: the smallest, for viewers on the web"),
    SceneFormat("ply", ".ply", "the standard 3D Gaussian splatting ply, with all values as they are"),
    SceneFormat("compressed-ply", ".compressed.ply", "SuperSplat's packed ply: a quarter of the size"),
    SceneFormat("spz", ".spz", "Niantic's SPZ of version 4: small, for engines, glTF tools and maps"),
    SceneFormat("glb", ".glb", "glTF with KHR_gaussian_splatting, uncompressed: the standard of Khronos"),
    SceneFormat(
        "lod", LOD_META, "a streamed SOG, a folder with levels of detail, for scenes beyond a million"
    ),
    SceneFormat("usdz", ".usdz", "an OpenUSD package with a field of Gaussians, for DCC tools and Omniverse"),
    SceneFormat("usdc", ".usdc", "the same as a binary OpenUSD layer"),
    SceneFormat("usd", ".usd", "the same under OpenUSD's general suffix"),
)


def format_of(path: Path) -> SceneFormat | None:
    """The format that the name of a file asks for, by the longest suffix; None if none does."""
    fitting = [each for each in FORMATS if path.name.lower().endswith(each.suffix)]
    return max(fitting, key=lambda each: len(each.suffix), default=None)


def suffixes() -> str:
    """All suffixes, for help and errors."""
    return ", ".join(each.suffix for each in FORMATS)
