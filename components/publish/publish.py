"""Stores a run's results at its output under their final names."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from components.publish.published_files import keep_list, remove_outdated
from components.publish.scenes.version import IMMUTABLE
from components.shared import run_layout
from components.shared.archive import pack, unpack
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.scene import IMAGES_FOLDER, MASKS_FOLDER, SPARSE_FOLDER
from components.shared.scene_version import read_version_info
from components.shared.storage import open_storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """Results of the stages on this machine."""

    scene: Path
    """Folder with `sparse/` and `scene.json`; photos are not needed."""
    splat: Path
    """Folder with `splat.ply` and `training.json`."""
    sog: Path
    """File."""
    report: Path
    """HTML file."""
    presentation: Path
    """Folder with `viewer.html`, `thumbnail.webp`, `flythrough.mp4`, `evaluation.json`, perhaps curves."""
    exports: Path | None = None
    """Folder with the files of further formats under their final names."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """Size in bytes of each published file, by name."""

    files: dict[str, int]


def unpack_results(
    *, scene: Path, splat: Path, sog: Path, exports: Path, report: Path, presentation: Path, folder: Path
) -> Results:
    """Unpack all archives, but for photos and masks, into `folder`; `sog` and `report` are files."""
    results = Results(
        scene=folder / "scene",
        splat=folder / "splat",
        sog=sog,
        report=report,
        presentation=folder / "presentation",
        exports=folder / "exports",
    )
    photos = (IMAGES_FOLDER, MASKS_FOLDER)
    unpack(scene, results.scene, only=lambda name: name.split("/")[0] not in photos)
    unpack(splat, results.splat)
    unpack(presentation, results.presentation)
    unpack(exports, folder / "exports")
    return results


def publish(results: Results, output: str, on_progress: OnProgress = ignore_progress) -> PublishResult:
    """Store every result at `output`, a folder or an s3:// prefix; each file appears whole or not at all.

    At last the files of an earlier scene are deleted that reports listed and this scene does not have.
    From S3 browsers may keep those of a version of a scene for good, because its address is its own.

    Raises:
        StorageError: a file could not be stored.
    """
    storage = open_storage(output)
    cache_control = IMMUTABLE if read_version_info(storage) else ""
    sizes: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="kubesplat-publish-") as folder:
        files = _published_files(results, Path(folder))
        keep_list(storage, files)
        for index, (name, path) in enumerate(files.items()):
            on_progress(Progress(f"store {name}", index / len(files)))
            storage.put_file(path, name, cache_control=cache_control)
            sizes[name] = path.stat().st_size
    remove_outdated(storage, sizes)
    return PublishResult(sizes)


def _published_files(results: Results, scratch: Path) -> dict[str, Path]:
    """Each file by its final name. `scene.sog` is the last: once it exists, all others exist too."""
    model = scratch / run_layout.COLMAP_MODEL
    pack(results.scene, model, only=lambda name: name.split("/")[0] == SPARSE_FOLDER)
    presentation = (run_layout.VIEWER, run_layout.THUMBNAIL, run_layout.FLYTHROUGH)
    curves = results.presentation / run_layout.TRAINING_CURVES
    return {
        run_layout.COLMAP_MODEL: model,
        run_layout.REPORT_PAGE: results.report,
        **{name: results.presentation / name for name in presentation},
        **({run_layout.TRAINING_CURVES: curves} if curves.exists() else {}),
        **_exported_files(results.exports),
        run_layout.SCENE_PLY: results.splat / run_layout.SPLAT_PLY,
        run_layout.SCENE_SOG: results.sog,
    }


def _exported_files(folder: Path | None) -> dict[str, Path]:
    """Each file of the further formats; the index of one with several files comes after them."""
    if folder is None:
        return {}
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}
