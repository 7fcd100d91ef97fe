"""One row of `benchmarks.sfm`, in a process of its own: python -m benchmarks.sfm_rows ROW PHOTOS FOLDER

Writes `row.json` and the model to FOLDER. Exits with 1 if there is none.
"""

from __future__ import annotations

# Before pycolmap: where that is imported first, Pillow's PNG encoder calls its zlib and may hang.
from PIL import Image

# isort: split

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pycolmap

from benchmarks.without_decoders import allow_missing_decoders
from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.errors import KubesplatError
from components.shared.processes import end_with_parent
from components.shared.settings import parse_text

PRODUCT = "product"
_MATCHERS: dict[str, Callable[..., None]] = {
    "exhaustive": pycolmap.match_exhaustive,
    "sequential": pycolmap.match_sequential,
}
_MAPPERS: dict[str, Callable[..., dict[int, pycolmap.Reconstruction]]] = {
    "incremental": pycolmap.incremental_mapping,
    "global": pycolmap.global_mapping,
}
DEFAULTS = ("exhaustive+incremental", "exhaustive+global", "sequential+incremental")


@dataclass(frozen=True, slots=True)
class Row:
    """What structure from motion found. folder: of the model with the most photos; unit: of its world."""

    folder: str = ""
    registered: int = 0
    models: int = 0
    points: int = 0
    error_px: float | None = None
    unit: str = ""
    failure: str = ""


def run_product(options: str, photos: Path, folder: Path) -> Row:
    """Ingest and structure from motion; `options` are settings of the latter, such as `max_features=2048`."""
    allow_missing_decoders()
    from components.ingest.ingest import ingest
    from components.ingest.settings import IngestSettings

    settings = SfmSettings(**parse_text("sfm", options))
    try:
        ingest(str(photos), folder / "capture", IngestSettings())
        info = reconstruct(folder / "capture", folder / "scene", settings)
    except KubesplatError as error:
        return Row(failure=f"{type(error).__name__}: {error}")
    return Row(
        folder=str(folder / "scene"),
        registered=info.registered,
        models=1,
        points=info.points,
        error_px=info.reprojection_error_px,
        unit=info.world.unit,
    )


def run_defaults(name: str, photos: Path, folder: Path) -> Row:
    """pycolmap without any setting, except that photos of one size share a camera."""
    matcher, _, mapper = name.partition("+")
    database = folder / "database.db"
    mode = pycolmap.CameraMode.SINGLE if _have_one_size(photos) else pycolmap.CameraMode.AUTO
    pycolmap.extract_features(database, photos, camera_mode=mode)
    _MATCHERS[matcher](database)
    (folder / "models").mkdir()
    models = list(_MAPPERS[mapper](database, photos, folder / "models").values())
    if not models:
        return Row(failure="no model")
    best = max(models, key=lambda model: model.num_reg_images())
    (folder / "sparse").mkdir()
    best.write_binary(str(folder / "sparse"))
    return Row(
        folder=str(folder),
        registered=best.num_reg_images(),
        models=len(models),
        points=best.num_points3D(),
        error_px=best.compute_mean_reprojection_error(),
    )


def _have_one_size(photos: Path) -> bool:
    sizes = set()
    for path in photos.rglob("*"):
        if path.is_file():
            with Image.open(path) as image:
                sizes.add(image.size)
    return len(sizes) == 1


def main() -> int:
    end_with_parent()
    name, photos, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    kind, _, options = name.partition(" ")
    row = run_product(options, photos, folder) if kind == PRODUCT else run_defaults(kind, photos, folder)
    (folder / "row.json").write_text(json.dumps(asdict(row)))
    return 1 if row.failure else 0


if __name__ == "__main__":
    sys.exit(main())
