"""PlayCanvas' viewer streams what we write in levels of detail, and splat-transform reads it."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from components.compress.lod.write_lod import write_lod
from components.compress.settings import CompressSettings
from components.evaluate.look_at import look_at
from components.evaluate.measure import render_image
from components.shared.image_metrics import psnr
from components.shared.ply.read_ply import read_ply
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats, concatenate_splats
from tests.service.test_splat_transform import assert_same, splat_transform  # noqa: F401
from tests.service.test_viewer import (  # noqa: F401
    CHROMIUM,
    HEIGHT,
    WIDTH,
    Log,
    assert_same_image,
    browser,
    glossy_splats,
    next_frames,
    page_of,
    playwright,
    screenshot,
    sog,
    wait_for_scene,
)
from tests.toy_world import ring_camera

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]
CAMERA = ring_camera(0, WIDTH, HEIGHT)
WHOLE_FILE = """        contentUrl: 'scene.sog',
        contentFilename: 'scene.sog',
        contents,
"""


class _Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # browsers ask for one
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing: pytest shows what fails."""


@pytest.fixture(scope="module")
def folder(glossy_splats, tmp_path_factory) -> Path:  # noqa: F811
    folder = tmp_path_factory.mktemp("streamed")
    settings = CompressSettings(device="cpu")
    write_lod(glossy_splats, folder / "lod", settings, most_in_leaf=600, most_in_file=1200)
    return folder


@pytest.fixture(scope="module")
def server(folder) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def level(folder: Path, number: int) -> Splats:
    """All Gaussians of one level of detail."""
    names = json.loads((folder / "lod" / "lod-meta.json").read_text())["filenames"]
    files = [name for name in names if name.startswith(f"{number}_")]
    return concatenate_splats([read_sog(folder / "lod" / name) for name in files])


def shown(browser, server, folder, sog, budget_millions) -> tuple[np.ndarray, Log]:  # noqa: F811
    """What the viewer shows of the streamed scene with at most so many Gaussians, once all is loaded."""
    html = page_of(sog, look_at(CAMERA, 2.75), folder)
    text = html.read_text()
    assert text.count(WHOLE_FILE) == 1
    streamed = f"        contentUrl: '{server}/lod/lod-meta.json',\n        budget: {budget_millions},\n"
    html.write_text(text.replace(WHOLE_FILE, streamed))
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page, log = context.new_page(), Log()
    log.watch(page)
    page.goto(f"{server}/{html.name}?noui")
    wait_for_scene(page)
    page.wait_for_load_state("networkidle")
    next_frames(page, 60)  # levels are switched and sorted beside the frames
    seen = screenshot(page)
    context.close()
    return seen, log


def test_the_viewer_shows_the_finest_level_as_our_renderer_does(browser, server, folder, sog):  # noqa: F811
    seen, log = shown(browser, server, folder, sog, budget_millions=4)
    assert log.errors == []
    assert {f"{server}/lod/{name}/meta.json" for name in ("0_0", "0_1")} <= set(log.requests)
    assert_same_image(seen, render_image(level(folder, 0), CAMERA))


def test_with_a_small_budget_it_shows_the_coarse_level(browser, server, folder, sog):  # noqa: F811
    coarse, fine = (render_image(level(folder, number), CAMERA) for number in (1, 0))
    seen, log = shown(browser, server, folder, sog, budget_millions=0.0005)
    assert log.errors == []
    assert not [url for url in log.requests if "/lod/0_" in url]
    assert_same_image(seen, coarse)
    assert psnr(seen, coarse) > psnr(seen, fine) + 5.0


@pytest.mark.parametrize("number", [0, 1])
def test_splat_transform_reads_every_level(splat_transform, folder, tmp_path, number):  # noqa: F811
    index = folder / "lod" / "lod-meta.json"
    theirs = read_ply(splat_transform(index, tmp_path / "theirs.ply", "--select-lod", str(number)))
    ours = level(folder, number)
    assert len(theirs) == len(ours) == json.loads(index.read_text())["counts"][number]
    order_ours, order_theirs = (np.lexsort(each.means.T) for each in (ours, theirs))
    assert_same(ours.select(order_ours), theirs.select(order_theirs))
