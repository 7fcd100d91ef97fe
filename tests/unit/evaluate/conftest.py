from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.evaluate.viewer.install import LICENSE, MANIFEST, SCRIPT, STYLE
from components.shared.environment import VIEWER_FOLDER_VARIABLE
from components.shared.scene import Scene, read_scene
from tests.toy_world import write_scene

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
