"""Write Gaussians in any of the formats of `components/shared/scene_files/formats.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from components.compress.drop_unusable import LeftOut, drop_unusable
from components.compress.fit_size import CLOSE
from components.compress.lod.write_lod import write_lod
from components.compress.order.morton import morton_order
from components.compress.result import SogResult
from components.compress.settings import CompressSettings
from components.compress.size_limit import parse_size
from components.compress.write_sog import write_sog
from components.shared.errors import InputError
from components.shared.gltf.write_glb import write_glb
from components.shared.held_out_photos import HeldOutPhoto
from components.shared.ply.write_compressed import write_compressed_ply
from components.shared.progress import OnProgress, Progress, ignore_progress, within
from components.shared.scene import Camera
from components.shared.scene_files.formats import format_of, suffixes
from components.shared.sog.open_files import LOD_META
from components.shared.splats import Splats, write_ply
from components.shared.spz.write_spz import write_spz
from components.shared.usd.write_usd import write_usd

_WRITERS: dict[str, Callable[[Splats, Path], None]] = {
    "compressed-ply": write_compressed_ply,
    "glb": write_glb,
    "spz": write_spz,
    "usdz": write_usd,
    "usdc": write_usd,
    "usd": write_usd,
}
"""Writers of Gaussians that `drop_unusable` has passed, by the format's name."""
_WITHOUT_RENDER_MODE = ("glb", "usdz", "usdc", "usd")
"""Formats that have no word for `Splats.antialiased`."""


@dataclass(frozen=True, slots=True)
class WrittenScene:
    """gaussians: in the file; limited: of them, with a value that is set to the end of its range.

    notes: what the format cannot hold, and how a budget was met, as sentences without a full stop.
    """

    gaussians: int
    left_out: LeftOut = field(default_factory=LeftOut)
    limited: int = 0
    notes: tuple[str, ...] = ()


def write_scene(
    splats: Splats,
    path: Path,
    settings: CompressSettings,
    on_progress: OnProgress = ignore_progress,
    *,
    cameras: Sequence[Camera] = (),
    held_out: Sequence[HeldOutPhoto] = (),
) -> WrittenScene:
    """Write a scene in the format that the suffix of `path` names; the other arguments are `write_sog`'s.

    A ply keeps all values and their order; other formats leave out what cannot be shown.

    Raises:
        InputError: the suffix is unknown, no Gaussian can be shown, or there are more than the format holds.
    """
    target = format_of(path)
    if target is None:
        raise InputError(f"{path.name} has a suffix of no known format", remedy=f"Use one of {suffixes()}.")
    if target.name == "sog":
        result = write_sog(splats, path, settings, on_progress, cameras=cameras, held_out=held_out)
        return WrittenScene(
            result.gaussians, result.left_out, result.limited, tuple(_budget_notes(result, settings))
        )
    on_progress(Progress(f"write {target.name}", 0.1))
    written = (
        _write_lod(splats, path, settings, on_progress)
        if target.name == "lod"
        else _write(splats, path, target.name)
    )
    on_progress(Progress("done", 1.0))
    return written


def _budget_notes(result: SogResult, settings: CompressSettings) -> Iterator[str]:
    if result.psnr_drop_db is not None:
        yield f"it loses {result.psnr_drop_db:.3f} dB of PSNR on the held-out photos"
    limit = parse_size(settings.size)
    if limit and result.bytes < CLOSE * limit:
        yield f"it is smaller than the {limit:,} bytes asked for: no file is closer to the scene"


def _write_lod(
    splats: Splats, path: Path, settings: CompressSettings, on_progress: OnProgress
) -> WrittenScene:
    if path.name != LOD_META:
        raise InputError(
            f"{path.name} is no name of a streamed scene", remedy=f"Write {path.parent / LOD_META}."
        )
    usable = drop_unusable(splats)
    write_lod(usable.splats, path.parent, settings, within(on_progress, 0.1, 1.0))
    return WrittenScene(len(usable.splats), usable.left_out, usable.limited)


def _write(splats: Splats, path: Path, name: str) -> WrittenScene:
    if name == "ply":
        write_ply(splats, path)
        return WrittenScene(len(splats))
    usable = drop_unusable(splats)
    _WRITERS[name](usable.splats.select(morton_order(usable.splats.means)), path)
    is_lost = splats.antialiased and name in _WITHOUT_RENDER_MODE
    notes = ("it was trained with compensated opacities (antialiased), which this format cannot say",)
    return WrittenScene(len(usable.splats), usable.left_out, usable.limited, notes if is_lost else ())
