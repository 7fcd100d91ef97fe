"""Structure from motion: the product beside pycolmap's defaults, or on rendered captures with exact truth.

    python -m benchmarks.sfm PHOTOS --reference MODEL --threads 4
    python -m benchmarks.sfm PHOTOS --rows product "product max_features=2048" exhaustive+incremental
    python -m benchmarks.sfm PHOTOS --reference MODEL --train "fast steps=2000"
    python -m benchmarks.sfm --rendered orbit two_rooms survey-1000

PHOTOS is a folder of photos and MODEL the folder of a COLMAP model of them. Rows: `product` (ingest and sfm,
perhaps with settings of sfm) and pycolmap's defaults, `exhaustive+incremental`, `exhaustive+global` and
`sequential+incremental`, which get one camera where all photos have one size. Sequential matching is without
loop closure, and vocabulary trees are missing: pycolmap fetches them from elsewhere.

Each row runs in a child process. CPU seconds are those of all its processes, memory that of the largest one.
Errors against a model are angles in degrees after the best rotation, mean and largest. With --train every row
and MODEL are trained alike on photos undistorted by the product, and every eighth photo is held out.

Rendered captures are those of tests/rendered, with the number of photos after a hyphen if not the usual one.
Position errors are fractions of the extent of the cameras; `scale` is metres of the truth for a metre found.
"""

from __future__ import annotations

# Before pycolmap: where that is imported first, Pillow's PNG encoder calls its zlib and may hang.
from PIL import Image  # noqa: F401

# isort: split

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap

from benchmarks.measured_child import Usage, limit_threads, run_measured
from benchmarks.sfm_rows import DEFAULTS, PRODUCT, Row
from components.shared.contracts.capture import CAPTURE_FILE, CaptureInfo
from components.shared.contracts.scene import SCENE_FILE, SceneInfo
from tests.rendered.catalog import capture_named
from tests.rendered.compare_poses import PoseErrors, compare_poses
from tests.rendered.truth import TrueView, Truth
from tests.rendered.views import with_views

_COSTS = ("seconds", "CPU s", "peak MiB", "registered", "models", "points", "error px")
_UNKNOWN = "–"


def main() -> None:
    arguments = _parser().parse_args()
    if bool(arguments.photos) == bool(arguments.rendered):
        sys.exit("give either PHOTOS or --rendered")
    known = [PRODUCT, *DEFAULTS]
    if unknown := [row for row in arguments.rows or [] if row.partition(" ")[0] not in known]:
        sys.exit(f"no row {unknown[0]!r}: known are {', '.join(known)}")
    if arguments.threads:
        limit_threads(arguments.threads)
    with tempfile.TemporaryDirectory(prefix="kubesplat-benchmark-") as name:
        folder = (arguments.keep or Path(name)) / "benchmark"
        if folder.exists():
            sys.exit(f"{folder} exists: name another folder, or remove it")
        folder.mkdir(parents=True)
        if arguments.rendered:
            measure_rendered(arguments.rendered, arguments.rows, folder, arguments.limit)
        else:
            measure_photos(arguments, folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("photos", type=Path, nargs="?", help="a folder of photos")
    add("--reference", type=Path, metavar="MODEL", help="poses taken as the truth")
    add("--rows", nargs="+", help="what to run; all four, or the product on rendered captures")
    add("--rendered", nargs="+", metavar="CAPTURE", help="rendered captures instead of PHOTOS")
    add("--train", metavar="STEPS|PRESET", help='train on each row: 500, or "fast steps=2000"')
    add("--threads", type=int, metavar="N", help="CPUs for all rows, as of N cores")
    add("--limit", type=float, default=3_600.0, metavar="SECONDS", help="for a row (3600)")
    add("--keep", type=Path, metavar="FOLDER", help="keep models, logs and rendered photos in a new folder")
    return parser


def measure_photos(arguments: argparse.Namespace, folder: Path) -> None:
    """Print a row for each way of structure from motion."""
    truth = _truth_of(arguments.reference) if arguments.reference else None
    trainer = _make_trainer(arguments, folder)
    _print_row(["row", *_COSTS, "rotation °", *(["PSNR dB"] if trainer else [])])
    _print_row(["---"] * (len(_COSTS) + 2 + bool(trainer)))
    if arguments.reference and trainer:
        model = pycolmap.Reconstruction(str(arguments.reference))
        found = [model.num_reg_images(), _UNKNOWN, f"{model.num_points3D():,}"]
        unknown = [_UNKNOWN] * 3
        _print_row(["reference", *unknown, *found, _UNKNOWN, _UNKNOWN, trainer(arguments.reference)])
    for name in arguments.rows or [PRODUCT, *DEFAULTS]:
        row, usage = run_row(name, arguments.photos, _fresh(folder, name), arguments.limit)
        rotation = _UNKNOWN
        if truth and row.folder:
            errors = compare_poses(Path(row.folder), truth).rotation_degrees
            rotation = f"{errors.mean():.3f}, {errors.max():.3f}"
        psnr = [trainer(Path(row.folder)) if row.folder else _UNKNOWN] if trainer else []
        _print_row([name, *_costs(row, usage, len(truth.views) if truth else None), rotation, *psnr])


def measure_rendered(captures: list[str], rows: list[str] | None, folder: Path, limit: float) -> None:
    """Print a row for each capture."""
    errors = ("rotation °", "position median %", "p95 %", "scale")
    _print_row(["capture", *_COSTS, "ms a photo", *errors])
    _print_row(["---"] * (len(_COSTS) + len(errors) + 2))
    for capture in captures:
        photos = _fresh(folder, f"{capture} photos")
        truth = capture_named(capture)(photos)
        for name in rows or [PRODUCT]:
            row, usage = run_row(name, photos, _fresh(folder, f"{capture} {name}"), limit)
            label = capture if name == PRODUCT else f"{capture}, {name}"
            each = f"{1000 * usage.seconds / len(truth.views):.0f}"
            known = _truth_by_views(row, truth)
            found = _errors(row, known) if row.folder else [_UNKNOWN] * len(errors)
            _print_row([label, *_costs(row, usage, len(known.views)), each, *found])


def run_row(name: str, photos: Path, folder: Path, limit: float) -> tuple[Row, Usage]:
    """Run one way of structure from motion in a child; its model and log are in `folder`."""
    arguments = [name, str(photos), str(folder)]
    usage = run_measured("benchmarks.sfm_rows", arguments, folder / "log.txt", limit_seconds=limit)
    if (folder / "row.json").exists():
        row = Row(**json.loads((folder / "row.json").read_text()))
    elif usage.seconds > limit:
        row = Row(failure=f"not done after {limit:.0f} s")
    else:
        last = (folder / "log.txt").read_text(errors="replace").strip().splitlines()[-1:]
        row = Row(failure=f"status {usage.status} {' '.join(last)}")
    if row.failure:
        print(f"{name}: {row.failure}", file=sys.stderr)
    return row, usage


def _costs(row: Row, usage: Usage, photos: int | None) -> list[str]:
    costs = [f"{usage.seconds:.1f}", f"{usage.cpu_seconds:.1f}", f"{usage.peak_bytes / 2**20:.0f}"]
    if row.failure:
        return [*costs, row.failure.splitlines()[0][:60], *[_UNKNOWN] * 3]
    registered = f"{row.registered} of {photos}" if photos else str(row.registered)
    error = _UNKNOWN if row.error_px is None else f"{row.error_px:.2f}"
    return [*costs, registered, str(row.models), f"{row.points:,}", error]


def _errors(row: Row, truth: Truth) -> list[str]:
    """Against the part of the truth that has the most photos of the model."""
    found = [_compare(row, truth.only(part)) for part in truth.parts]
    compared = [each for each in found if each]
    if not compared:
        return [_UNKNOWN] * 4
    errors = max(compared, key=lambda each: len(each.rotation_degrees))
    position = 100 * errors.position_fractions
    scale = f"{errors.scale:.4f}" if row.unit == "metre" else _UNKNOWN
    rotation = f"{errors.rotation_degrees.mean():.3f}, {errors.rotation_degrees.max():.3f}"
    return [rotation, f"{np.median(position):.3f}", f"{np.percentile(position, 95):.3f}", scale]


def _truth_by_views(row: Row, truth: Truth) -> Truth:
    """The product makes several views of a 360° photo or a fisheye."""
    scene = Path(row.folder) / SCENE_FILE
    if not row.folder or not scene.exists():
        return truth
    capture = CaptureInfo.read(scene.parents[1] / "capture" / CAPTURE_FILE)
    return with_views(truth, capture, SceneInfo.read(scene))


def _compare(row: Row, truth: Truth) -> PoseErrors | None:
    try:
        return compare_poses(Path(row.folder), truth)
    except ValueError:
        return None  # the model has no photo of this part


def _truth_of(model: Path) -> Truth:
    reference = pycolmap.Reconstruction(str(model))
    return Truth(
        {
            image.name: TrueView(
                np.asarray(image.cam_from_world().matrix()), reference.cameras[image.camera_id]
            )
            for image in reference.images.values()
            if image.has_pose
        }
    )


def _make_trainer(arguments: argparse.Namespace, folder: Path) -> Any:
    if not arguments.train:
        return None
    from benchmarks.sfm_training import PoseTrainer  # needs torch

    return PoseTrainer(arguments.photos, arguments.train, _fresh(folder, "training"))


def _fresh(folder: Path, name: str) -> Path:
    fresh = folder / name.replace("/", "_").replace(" ", "_")
    fresh.mkdir()
    return fresh


def _print_row(cells: list[Any]) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
