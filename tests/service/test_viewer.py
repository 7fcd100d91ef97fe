"""The pages in a real browser without a network: PlayCanvas' viewer shows what our renderer shows."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.evaluate.evaluate import evaluate
from components.evaluate.look_at import LookAt, look_at
from components.evaluate.measure import render_image
from components.evaluate.settings import EvaluateSettings
from components.evaluate.viewer.build import ViewerPage, build_viewer
from components.shared.files import write_json
from components.shared.image_metrics import psnr, ssim
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats, write_ply
from tests.toy_world import ring_camera, toy_splats, training_info, write_scene

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"
)

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
]
SOFTWARE_GPU = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WIDTH, HEIGHT = 320, 240
LOAD_TIMEOUT_MS = 60_000


@dataclass
class Log:
    """What a page said and asked for."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture(scope="module")
def playwright() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright) -> Iterator[object]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS + SOFTWARE_GPU)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def glossy_splats() -> Splats:
    """The toy world with colours that change with the direction of view."""
    splats = toy_splats(4000)
    fields = {name: getattr(splats, name) for name in Splats.__slots__}
    shine = np.random.default_rng(3).normal(0.0, 0.15, (len(splats), 8, 3)).astype(np.float32)
    return Splats(**{**fields, "shN": shine})


@pytest.fixture(scope="module")
def sog(glossy_splats: Splats, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sog") / "scene.sog"
    write_sog(glossy_splats, path, CompressSettings())
    return path


@pytest.fixture(scope="module")
def results(sog: Path, glossy_splats: Splats, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What evaluation leaves behind."""
    folder = tmp_path_factory.mktemp("evaluated")
    write_scene(folder / "scene")
    write_ply(glossy_splats, folder / "splat" / "splat.ply")
    write_json(folder / "splat" / "training.json", training_info())
    settings = EvaluateSettings(flythrough_px=96, flythrough_seconds=1.0, min_psnr_db=5.0)
    evaluate(folder / "scene", folder / "splat", sog, folder / "out", settings)
    return folder / "out"


@contextmanager
def opened(browser, path: Path, *, query: str = "", width: int = WIDTH, height: int = HEIGHT, **device):
    """A page from the disk, without a network, and what it said."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **device)
    page, log = context.new_page(), Log()
    log.watch(page)
    page.goto(path.resolve().as_uri() + query)
    try:
        yield page, log
    finally:
        context.close()


def wait_for_scene(page) -> None:
    page.wait_for_selector("html[data-loaded]", state="attached", timeout=LOAD_TIMEOUT_MS)
    next_frames(page, 3)


def next_frames(page, count: int) -> None:
    page.evaluate(
        "left => new Promise(done => {"
        "  const next = () => left-- > 0 ? requestAnimationFrame(next) : done(); next(); })",
        count,
    )


def screenshot(page) -> np.ndarray:
    with Image.open(io.BytesIO(page.screenshot())) as image:
        return np.asarray(image.convert("RGB"))


def page_of(sog: Path, look: LookAt, folder: Path, tour: list[LookAt] | None = None) -> Path:
    build_viewer(sog, folder / "viewer.html", ViewerPage(title="Toys", initial=look, tour=tour or []))
    return folder / "viewer.html"


def assert_same_image(seen: np.ndarray, ours: np.ndarray) -> None:
    assert seen.shape == ours.shape
    assert psnr(seen, ours) > 34.0
    assert ssim(seen, ours) > 0.97


@pytest.mark.parametrize("place", [0, 2])
def test_the_viewer_shows_what_our_renderer_shows(browser, sog, tmp_path, place):
    camera = ring_camera(place, WIDTH, HEIGHT)
    html = page_of(sog, look_at(camera, 2.75), tmp_path)
    with opened(browser, html, query="?noui") as (page, _):
        wait_for_scene(page)
        seen = screenshot(page)
    ours = render_image(read_sog(sog), camera)
    assert_same_image(seen, ours)
    for wrong in (ours[::-1], ours[:, ::-1], ours[::-1, ::-1]):
        assert psnr(seen, wrong) < 15.0


def test_antialiased_it_shows_what_our_renderer_shows(browser, glossy_splats, tmp_path):
    """Small Gaussians far away, where compensated opacities and others give different images."""
    splats = replace(glossy_splats, scales=glossy_splats.scales - 2.0, antialiased=True)
    write_sog(splats, tmp_path / "scene.sog", CompressSettings())
    camera = ring_camera(0, WIDTH, HEIGHT)
    page_file = tmp_path / "viewer.html"
    page = ViewerPage(title="Toys", initial=look_at(camera, 2.75), antialiased=True)
    build_viewer(tmp_path / "scene.sog", page_file, page)
    with opened(browser, page_file, query="?noui") as (shown, _):
        wait_for_scene(shown)
        seen = screenshot(shown)
    delivered = read_sog(tmp_path / "scene.sog")
    assert_same_image(seen, render_image(delivered, camera))
    assert psnr(seen, render_image(replace(delivered, antialiased=False), camera)) < 30.0


def test_the_tour_goes_where_the_capture_went(browser, sog, tmp_path):
    looks = [look_at(ring_camera(index, WIDTH, HEIGHT), 2.75) for index in range(9)]
    html = page_of(sog, looks[0], tmp_path, tour=looks)
    with opened(browser, html, query="?noui") as (page, _):
        wait_for_scene(page)
        page.evaluate("viewer.seek(viewer.state.animationDuration * 4 / 9)")
        next_frames(page, 30)  # sorting is done beside the frames
        seen = screenshot(page)
    ours = render_image(read_sog(sog), ring_camera(4, WIDTH, HEIGHT))
    assert_same_image(seen, ours)


def test_the_delivered_page_works_alone(browser, results):
    with opened(browser, results / "viewer.html", width=1280, height=800) as (page, log):
        wait_for_scene(page)
        assert log.errors == []
        assert not page.locator("#load-error").is_visible()
        foreign = [url for url in log.requests if not url.startswith(("file:", "blob:", "data:"))]
        assert foreign == []
        assert len([url for url in log.requests if url.startswith("file:")]) == 1


def test_the_delivered_page_fits_a_phone(browser, results):
    phone = {"width": 390, "height": 844, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    with opened(browser, results / "viewer.html", **phone) as (page, log):
        wait_for_scene(page)
        assert log.errors == []
        canvas = page.locator("canvas").first.bounding_box()
        assert canvas == {"x": 0, "y": 0, "width": 390, "height": 844}
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        middle = screenshot(page)[500:1200]
        assert (middle.max(axis=2) > 40).mean() > 0.4  # the scene fills it


def test_a_browser_that_cannot_show_it_says_so(playwright, results):
    blind = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    with opened(blind, results / "viewer.html") as (page, _):
        page.wait_for_selector("#load-error", state="visible", timeout=LOAD_TIMEOUT_MS)
        assert "WebGL 2" in page.locator("#load-error").inner_text()
    blind.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read_on_a_phone_and_in_a_frame(browser, results, tmp_path, scheme):
    frame = tmp_path / "frame.html"
    frame.write_text(f'<iframe sandbox src="{(results / "report.html").as_uri()}" width="700"></iframe>')
    with opened(browser, frame, width=800, color_scheme=scheme) as (page, log):
        assert page.frames[1].locator("h1").inner_text() == "Scene"
        assert log.errors == []
    with opened(browser, results / "report.html", width=390, height=844, color_scheme=scheme) as (page, log):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        broken = "[...document.images].filter(image => !image.naturalWidth).length"
        assert page.evaluate(broken) == 0
        assert log.errors == []
        assert [url for url in log.requests if not url.startswith(("file:", "data:"))] == []
        dark = screenshot(page)[-40:, :10].mean() < 60
        assert dark == (scheme == "dark")
