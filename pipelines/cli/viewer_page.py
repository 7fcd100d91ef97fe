"""The page that shows a scene, whatever file it comes in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from components.evaluate.look_at import LookAt
from components.shared.errors import InputError
from components.shared.result_names import VIEWER
from components.shared.splats import Splats
from pipelines.cli.read_splats import read_splats


def viewer_page(scene: Path) -> bytes:
    """The HTML of a run's folder, of a viewer.html, of a .sog or of a .ply.

    Raises:
        InputError: the scene is missing, of another kind, or damaged.
        StorageError: PlayCanvas' viewer is not installed.
    """
    if (scene / VIEWER).is_file():
        return (scene / VIEWER).read_bytes()
    if scene.suffix.lower() == ".html" and scene.is_file():
        return scene.read_bytes()
    if scene.is_dir() and not (scene / "meta.json").is_file():
        raise InputError(
            f"{scene} holds neither a {VIEWER} nor a meta.json",
            remedy="Give the output folder of a run that succeeded, a .sog, or a .ply.",
        )
    return _build(scene)


def _build(scene: Path) -> bytes:
    from components.compress.settings import CompressSettings
    from components.compress.write_sog import write_sog
    from components.evaluate.viewer.build import ViewerPage, build_viewer

    splats = read_splats(scene)
    with tempfile.TemporaryDirectory() as folder:
        sog, page = scene, Path(folder) / VIEWER
        if scene.suffix.lower() != ".sog":
            sog = Path(folder) / "scene.sog"
            write_sog(splats, sog, CompressSettings())
        look = _first_look(splats)
        build_viewer(sog, page, ViewerPage(title=scene.stem, initial=look, antialiased=splats.antialiased))
        return page.read_bytes()


def _first_look(splats: Splats) -> LookAt:
    """From the front and slightly above, far enough to see most of the scene."""
    center = np.median(splats.means, axis=0).astype(np.float64)
    radius = float(np.quantile(np.linalg.norm(splats.means - center, axis=1), 0.8))
    return LookAt(center + radius * np.array([0.0, -0.6, -2.0]), center, tan_x=0.6, tan_y=0.45)
