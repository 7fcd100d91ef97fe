from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.evaluate.viewer.install import LICENSE, MANIFEST, SCRIPT, STYLE
from components.shared.environment import VIEWER_FOLDER_VARIABLE
from components.shared.files import write_json
from components.shared.scene import Scene, read_scene
from components.shared.splats import Splats, write_ply
from tests.toy_world import training_info, write_scene

NASTY_SCRIPT = (
    "const createViewer = async () => '</script><script>alert(1)</SCRIPT ><!--'; const less = 1<2;\n"
    "export { createViewer };\n//# sourceMappingURL=index.js.map\n"
)


@pytest.fixture(scope="session")
def posed_scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    root = tmp_path_factory.mktemp("scene")
    write_scene(root)
    return read_scene(root)


@pytest.fixture
def stage_outputs(posed_scene: Scene, tmp_path: Path) -> Callable[..., tuple[Path, Path, Path]]:
    """Makes the folder of the scene, the folder of the splat and the delivered file of any Gaussians."""

    def make(trained: Splats, delivered: Splats, **training: object) -> tuple[Path, Path, Path]:
        splat, sog = tmp_path / "splat", tmp_path / "scene.sog"
        write_ply(trained, splat / "splat.ply")
        write_json(splat / "training.json", {**training_info(), **training})
        write_sog(delivered, sog, CompressSettings())
        return posed_scene.root, splat, sog

    return make


@pytest.fixture
def stub_viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like an installed viewer, with the worst script it could have."""
    folder = tmp_path / "viewer"
    (folder / "public").mkdir(parents=True)
    (folder / SCRIPT).write_text(NASTY_SCRIPT)
    (folder / STYLE).write_text("canvas > a { color: red }")
    (folder / LICENSE).write_text("Free -- as in --> speech")
    (folder / MANIFEST).write_text(json.dumps({"version": "9.8.7"}))
    monkeypatch.setenv(VIEWER_FOLDER_VARIABLE, str(folder))
    return folder
