"""Our .glb (KHR_gaussian_splatting) and .spz in engines, in a real browser, against our own render."""

from __future__ import annotations

import io
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.evaluate.measure import render_image
from components.shared.gltf.write_glb import write_glb
from components.shared.image_metrics import psnr, ssim
from components.shared.scene import Camera
from components.shared.splats import Splats
from components.shared.spz.read_spz import read_spz
from components.shared.spz.write_spz import write_spz
from tests.service.cut_gaussians import draw_cut
from tests.service.npm import install
from tests.toy_world import ring_camera, toy_splats

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WIDTH, HEIGHT = 320, 240
PAGES = Path(__file__).parent / "engine_pages"
ADDRESS = "http://scene.test/"
AXES = {".glb": np.array([-1.0, -1.0, 1.0]), ".spz": np.array([1.0, -1.0, -1.0])}
"""x right, y down, z forward to x left, y up, z forward; and to x right, y up, z back."""
SORT_SECONDS = 3.0
"""Engines sort beside the frames."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    engines = ["playcanvas@2.23.3", "three@0.187.0", "babylonjs@9.28.0", "babylonjs-loaders@9.28.0"]
    return install(tmp_path_factory.mktemp("engines"), *engines)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def glossy() -> Splats:
    """The toy world with SH of degree 3: colors that change with the direction of view."""
    splats = toy_splats(4000)
    shine = np.random.default_rng(3).normal(0.0, 0.1, (len(splats), 15, 3))
    return replace(splats, shN=shine.astype(np.float32))


def look_of(camera: Camera, axes: np.ndarray) -> dict[str, object]:
    """The camera in the axes of a file, as the pages read it."""
    rotation, translation = camera.viewmat[:3, :3], camera.viewmat[:3, 3]
    position = -rotation.T @ translation
    return {
        "position": (axes * position).tolist(),
        "target": (axes * (position + rotation[2])).tolist(),
        "up": (axes * -rotation[1]).tolist(),
        "fov": math.degrees(2 * math.atan(camera.height / 2 / camera.K[1, 1])),
    }


def shown(browser, packages: Path, page_name: str, scene: Path, camera: Camera) -> np.ndarray:
    """What an engine's page shows of a file, uint8 [H, W, 3]; nothing but files from the disk reaches it."""
    errors: list[str] = []

    def answer(route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        if name == "look.json":
            route.fulfill(json=look_of(camera, AXES[scene.suffix]))
            return
        path = packages / name.removeprefix("npm/") if name.startswith("npm/") else PAGES / name
        path = scene if name == scene.name else path
        if path.is_file():
            route.fulfill(path=path)
        else:
            route.fulfill(status=404)

    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", answer)
    page.goto(f"{ADDRESS}{page_name}.html")
    page.wait_for_function("window.isReady === true", timeout=60_000)
    page.wait_for_timeout(SORT_SECONDS * 1000)
    with Image.open(io.BytesIO(page.screenshot())) as image:
        pixels = np.asarray(image.convert("RGB"))
    page.close()
    assert errors == []
    return pixels


LEAST_DB = {"playcanvas": 34.0, "babylon": 34.0, "three": 30.0}
"""three.js cuts Gaussians off at two standard deviations, which leaves rims; see below."""


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("engine", LEAST_DB)
def test_engines_show_what_our_renderer_shows(browser, packages, glossy, tmp_path, engine, place):
    write_glb(glossy, tmp_path / "scene.glb")
    camera = ring_camera(place, WIDTH, HEIGHT)
    seen = shown(browser, packages, engine, tmp_path / "scene.glb", camera)
    ours = render_image(glossy, camera)
    found = psnr(seen, ours)
    assert found > LEAST_DB[engine], json.dumps({"psnr_db": found})
    assert ssim(seen, ours) > (0.9 if engine == "three" else 0.97)
    without_shine = render_image(replace(glossy, shN=np.zeros_like(glossy.shN)), camera)
    assert psnr(seen, without_shine) < found - 3.0
    for wrong in (ours[::-1], ours[:, ::-1], ours[::-1, ::-1]):
        assert psnr(seen, wrong) < 15.0


def test_only_the_cut_off_of_three_js_differs(browser, packages, glossy, tmp_path):
    """The file says the same: Gaussians drawn up to two standard deviations are what three.js shows."""
    write_glb(glossy, tmp_path / "scene.glb")
    camera = ring_camera(2, WIDTH, HEIGHT)
    seen = shown(browser, packages, "three", tmp_path / "scene.glb", camera)
    assert psnr(seen, draw_cut(glossy, camera, sigmas=2.0)) > 45.0
    assert psnr(seen, draw_cut(glossy, camera, sigmas=3.0)) < 34.0


@pytest.mark.parametrize("place", [0, 2])
def test_playcanvas_shows_our_spz(browser, packages, glossy, tmp_path, place):
    write_spz(glossy, tmp_path / "scene.spz")
    camera = ring_camera(place, WIDTH, HEIGHT)
    seen = shown(browser, packages, "playcanvas_spz", tmp_path / "scene.spz", camera)
    ours = render_image(read_spz(tmp_path / "scene.spz"), camera)
    found = psnr(seen, ours)
    assert found > 34.0, json.dumps({"psnr_db": found})
    assert ssim(seen, ours) > 0.97
    without_shine = render_image(replace(glossy, shN=np.zeros_like(glossy.shN)), camera)
    assert psnr(seen, without_shine) < found - 3.0
    for wrong in (ours[::-1], ours[:, ::-1], ours[::-1, ::-1]):
        assert psnr(seen, wrong) < 15.0
