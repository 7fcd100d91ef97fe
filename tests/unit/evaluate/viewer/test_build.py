import base64
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from components.evaluate.look_at import LookAt
from components.evaluate.viewer.build import ViewerPage, build_viewer
from components.shared.environment import VIEWER_FOLDER_VARIABLE
from components.shared.errors import StorageError

LOOK = LookAt(np.array([1.0, -2.0, -3.0]), np.array([0.5, 0.25, 0.0]), 0.5, 0.3)
CONTENT = bytes(range(256)) * 5


class Page(HTMLParser):
    """The elements that matter, as a browser would find them: text by id, scripts, styles, addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.by_id: dict[str, str] = {}
        self.title, self.addresses, self._open = "", [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.addresses += [values[name] for name in ("src", "href") if name in values]
        if tag in ("script", "title"):
            self._open = (tag, values.get("id"))
            self.scripts += [""] if tag == "script" else []

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        tag, name = self._open or ("", None)
        if tag == "script":
            self.scripts[-1] += data
            self.by_id[name or "module"] = self.scripts[-1]
        elif tag == "title":
            self.title += data


def build(tmp_path, page: ViewerPage) -> str:
    (tmp_path / "scene.sog").write_bytes(CONTENT)
    build_viewer(tmp_path / "scene.sog", tmp_path / "viewer.html", page)
    return (tmp_path / "viewer.html").read_text()


def test_the_scene_is_inside_byte_for_byte_and_nothing_is_outside(tmp_path, stub_viewer):
    page = Page(build(tmp_path, ViewerPage(title="A & <b>", initial=LOOK)))
    assert base64.b64decode(page.by_id["scene"]) == CONTENT
    assert page.addresses == []
    assert page.title == "A & <b>"


def test_markup_in_the_viewers_script_does_not_end_it(tmp_path, stub_viewer):
    page = Page(build(tmp_path, ViewerPage(title="t", initial=LOOK)))
    assert len(page.scripts) == 3
    script = page.by_id["module"]
    assert r"'\x3c/script>\x3cscript>alert(1)\x3c/SCRIPT >\x3c!--'" in script
    assert "const less = 1<2;" in script
    assert script.rstrip().endswith("}")
    assert "createViewer({" in script
    assert "sourceMappingURL" not in script


def test_cameras_are_turned_into_the_viewers_world(tmp_path, stub_viewer):
    tour = [LOOK, LookAt(np.array([3.0, -2.0, 1.0]), np.zeros(3), 0.5, 0.3)]
    boot = json.loads(
        Page(build(tmp_path, ViewerPage(title="t", initial=LOOK, tour=tour, tour_seconds=10.0))).by_id["boot"]
    )
    initial = boot["settings"]["cameras"][0]["initial"]
    assert initial["position"] == [-1.0, 2.0, -3.0]
    assert initial["target"] == [-0.5, -0.25, 0.0]
    assert boot["tangents"] == [0.5, 0.3]
    track = boot["settings"]["animTracks"][0]
    assert track["keyframes"]["values"]["position"] == [-1.0, 2.0, -3.0, -3.0, 2.0, 1.0]
    assert track["keyframes"]["times"][-1] / track["frameRate"] == pytest.approx(5.0)
    assert boot["settings"]["startMode"] == "animTrack"


def test_a_poster_is_inside_too(tmp_path, stub_viewer):
    boot = json.loads(
        Page(build(tmp_path, ViewerPage(title="t", initial=LOOK, poster=b"webp"))).by_id["boot"]
    )
    assert base64.b64decode(boot["poster"].partition(",")[2]) == b"webp"


@pytest.mark.parametrize("antialiased", [False, True])
def test_the_page_knows_how_the_scene_is_drawn(tmp_path, stub_viewer, antialiased):
    html = build(tmp_path, ViewerPage(title="t", initial=LOOK, antialiased=antialiased))
    assert json.loads(Page(html).by_id["boot"])["antialiased"] == antialiased


def test_without_the_viewer_the_error_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv(VIEWER_FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(StorageError, match="nowhere") as error:
        build(tmp_path, ViewerPage(title="t", initial=LOOK))
    assert "components.evaluate.viewer.install" in error.value.remedy
    assert not (tmp_path / "viewer.html").exists()
