"""Compression: the product with each order of Gaussians, splat-transform, and the old `sogs` package's way.

    python -m benchmarks.compression scene.ply other.sog --gaussians 250000 --limit 1800
    python -m benchmarks.compression bonsai.ply --cameras cameras.json --photos PHOTOS
    python -m benchmarks.compression scene.ply --rows product "product order=plas" "splat-transform -g 0"
    python -m benchmarks.compression splat/splat.ply --training splat/cameras.json --side 800 --rows product
    python -m benchmarks.compression house.ply --rows product "product device=cpu" --parts --views 1

With --training the product knows the training's views, as in a run. Renders of a side of 400 px lose less
PSNR than whole photos: errors of single Gaussians are averaged.

Each row runs in a child process and starts from the same .ply. Its file is read back by the product's reader.
CPU seconds are those of all its processes, memory that of the largest one. Errors are means over 20,000
Gaussians. `render dB` is the PSNR of renders against renders of the original, and `drop dB` the PSNR that
photos lose. splat-transform runs on the CPU unless its row says another device (-g), with as many iterations
of k-means as --iterations.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.compression_rows import PRODUCT, SOGS, SPLAT_TRANSFORM
from benchmarks.delivered import (
    Viewpoint,
    attribute_errors,
    cameras_of_file,
    orbit,
    rendered_quality,
    viewpoints,
)
from benchmarks.measured_child import Usage, limit_threads, run_measured
from components.shared.scene_files.read_scene import read_scene
from components.shared.splats import Splats, write_ply

_ORDERS = ("hilbert", "log-morton", "morton", "plas")
_ROWS = [PRODUCT, *(f"{PRODUCT} order={order}" for order in _ORDERS), SPLAT_TRANSFORM, SOGS]
_HOUSE, _HOUSE_STEP = Path("../shared/splats/house_sog_v1"), 4
_PACKAGE = "@playcanvas/splat-transform@3.7.0"
_SIZES = ["bytes", "ratio", "bytes a Gaussian"]
_ERRORS = ["position", "rotation °", "log scale", "f_dc", "opacity", "f_rest dB", "render dB", "drop dB"]
_COSTS = ["seconds", "CPU s", "peak MiB"]
_HEADER = ["row", *_SIZES, *_ERRORS, *_COSTS]
_UNKNOWN = "–"


def main() -> None:
    arguments = _parser().parse_args()
    kinds = (PRODUCT, SPLAT_TRANSFORM, SOGS)
    if unknown := [row for row in arguments.rows if row.partition(" ")[0] not in kinds]:
        sys.exit(f"no row {unknown[0]!r}: known are {', '.join(kinds)}")
    if arguments.threads:
        limit_threads(arguments.threads)
    with tempfile.TemporaryDirectory(prefix="kubesplat-benchmark-") as name:
        has_tool = any(row.startswith(SPLAT_TRANSFORM) for row in arguments.rows)
        tool = _splat_transform(Path(name)) if has_tool else None
        for scene in arguments.scenes or [_HOUSE]:
            measure_scene(scene, arguments, tool, Path(name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("scenes", type=Path, nargs="*", metavar="SCENE", help="Gaussians; every fourth of the house")
    add("--rows", nargs="+", default=_ROWS, help="what to run, perhaps with settings; all")
    add("--gaussians", type=int, metavar="N", help="about so many, equally spaced in the file")
    add("--iterations", type=int, default=10, metavar="N", help="of splat-transform's k-means (10)")
    add("--limit", type=float, default=1_800.0, metavar="SECONDS", help="for a row (1800)")
    add("--views", type=int, default=6, metavar="N", help="renders of a scene (6)")
    add("--side", type=int, default=400, metavar="PX", help="longer side of renders (400)")
    add("--cameras", type=Path, metavar="JSON", help="of the scenes' photos; a circle around the scene")
    add("--training", type=Path, metavar="JSON", help="the training's cameras.json, for the product")
    add("--photos", type=Path, metavar="FOLDER", help="photos of these cameras")
    add("--parts", action="store_true", help="print the seconds of the product's parts")
    add("--threads", type=int, metavar="N", help="CPUs for all rows, as of N cores")
    return parser


def measure_scene(scene: Path, arguments: argparse.Namespace, tool: Path | None, folder: Path) -> None:
    """Print a table for a scene."""
    original = read_scene(scene)
    step = _HOUSE_STEP if not arguments.scenes else 1
    if arguments.gaussians:
        step = max(1, round(len(original) / arguments.gaussians))
    original = original.select(np.arange(0, len(original), step))
    ply = folder / "scene.ply"
    write_ply(original, ply)
    size = f"{len(original):,} Gaussians, SH degree {original.sh_degree}, {ply.stat().st_size:,} bytes"
    print(f"\n{scene.name}: {size}\n")
    _print_row(_HEADER)
    _print_row(["---"] * len(_HEADER))
    views = _views(original, arguments)
    for row in arguments.rows:
        output = folder / "row.sog"
        output.unlink(missing_ok=True)
        _print_row([row, *_run(row, ply, output, original, views, arguments, tool)])
        if arguments.parts and row.startswith(PRODUCT):
            print(f"\n{output.with_suffix('.log').read_text()}", flush=True)


def _views(original: Splats, arguments: argparse.Namespace) -> list[Viewpoint]:
    if arguments.cameras:
        found = cameras_of_file(arguments.cameras, arguments.photos, arguments.views, arguments.side)
        return viewpoints(original, *found)
    cameras = orbit(original, arguments.views, arguments.side)
    return viewpoints(original, cameras, [None] * len(cameras))


def _run(
    row: str,
    ply: Path,
    output: Path,
    original: Splats,
    views: list[Viewpoint],
    arguments: argparse.Namespace,
    tool: Path | None,
) -> list[str]:
    """Cells of a row after its name."""
    log = output.with_suffix(".log")
    command = [row, str(ply), str(output), str(tool), str(arguments.iterations)]
    command += [str(arguments.training)] if arguments.training else []
    usage = run_measured("benchmarks.compression_rows", command, log, limit_seconds=arguments.limit)
    costs = [f"{usage.seconds:.1f}", f"{usage.cpu_seconds:.1f}", f"{usage.peak_bytes / 2**20:.0f}"]
    if usage.status != 0:
        unknown = [_UNKNOWN] * (len(_SIZES) - 1 + len(_ERRORS))
        return [_failure(usage, log, arguments.limit), *unknown, *costs]
    delivered = read_scene(output)
    return [*_sizes(ply, output, delivered), *_changes(original, delivered, views), *costs]


def _sizes(ply: Path, output: Path, delivered: Splats) -> list[str]:
    size = output.stat().st_size
    return [f"{size:,}", f"{ply.stat().st_size / size:.2f}", f"{size / len(delivered):.2f}"]


def _changes(original: Splats, delivered: Splats, views: list[Viewpoint]) -> list[str]:
    errors = attribute_errors(original, delivered)
    quality = rendered_quality(delivered, views)
    return [
        f"{errors.position:.5f}",
        f"{errors.rotation_degrees:.3f}",
        f"{errors.log_scale:.4f}",
        f"{errors.f_dc:.4f}",
        f"{errors.opacity:.4f}",
        _UNKNOWN if errors.f_rest_snr_db is None else f"{errors.f_rest_snr_db:.1f}",
        f"{quality.psnr_db:.2f}",
        _UNKNOWN if quality.drop_db is None else f"{quality.drop_db:.3f}",
    ]


def _failure(usage: Usage, log: Path, limit: float) -> str:
    if usage.seconds > limit:
        return f"not done after {limit:.0f} s"
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    return f"status {usage.status} {' '.join(last)[:60]}"


def _splat_transform(folder: Path) -> Path:
    """The published tool from npm."""
    if shutil.which("npm") is None:
        sys.exit(f"npm is missing, which fetches {_PACKAGE}: install it, or choose other --rows")
    options = ["--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run(["npm", "install", *options, _PACKAGE], check=True)
    return folder / "node_modules/.bin/splat-transform"


def _print_row(cells: list[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
