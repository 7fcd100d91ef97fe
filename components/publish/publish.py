"""Put a run's results at its output under their final names."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from components.shared import run_layout
from components.shared.archive import unpack
from components.shared.files import atomic_path
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.scene import SPARSE_FOLDER
from components.shared.storage import open_storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """What the stages made, as files on this disk."""

    scene: Path
    """Tar with `sparse/`."""
    splat: Path
    """Tar with `splat.ply`."""
    sog: Path
    report: Path
    """HTML page."""
    presentation: Path
    """Tar with `viewer.html`, `thumbnail.webp` and `flythrough.mp4`."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """Size in bytes of each published file, by name."""

    files: dict[str, int]


def publish(results: Results, output: str, on_progress: OnProgress = ignore_progress) -> PublishResult:
    """Store every result at `output`, a folder or an s3:// prefix; each appears whole or not at all.

    Raises:
        StorageError: a file could not be stored.
    """
    storage = open_storage(output)
    sizes: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="kubesplat-publish-") as folder:
        files = _name_results(results, Path(folder))
        for index, (name, path) in enumerate(files.items()):
            on_progress(Progress(f"store {name}", index / len(files)))
            storage.put_file(path, name)
            sizes[name] = path.stat().st_size
    return PublishResult(sizes)


def _name_results(results: Results, scratch: Path) -> dict[str, Path]:
    """Final name to file; the scene itself comes last, so that whoever waits for it finds the rest."""
    unpack(results.presentation, scratch / "presentation")
    presentation = (run_layout.VIEWER, run_layout.THUMBNAIL, run_layout.FLYTHROUGH)
    _pick(results.splat, lambda name: name == run_layout.SPLAT_PLY, scratch / "splat")
    _repack_model(results.scene, scratch / run_layout.COLMAP_MODEL)
    return {
        run_layout.COLMAP_MODEL: scratch / run_layout.COLMAP_MODEL,
        run_layout.REPORT_PAGE: results.report,
        **{name: scratch / "presentation" / name for name in presentation},
        run_layout.SCENE_PLY: scratch / "splat" / run_layout.SPLAT_PLY,
        run_layout.SCENE_SOG: results.sog,
    }


def _pick(archive: Path, wanted: Callable[[str], bool], folder: Path) -> None:
    """Unpack only the wanted members of one of our own archives."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, [member for member in tar if wanted(member.name)], filter="data")


def _repack_model(scene: Path, target: Path) -> None:
    """The scene without its images: `sparse/` alone opens in COLMAP and whatever reads its models."""
    with tarfile.open(scene) as source, atomic_path(target) as temporary, tarfile.open(temporary, "w") as tar:
        for member in source:
            if member.name.split("/")[0] == SPARSE_FOLDER:
                tar.addfile(member, source.extractfile(member) if member.isfile() else None)
