"""The page of all scenes in a real browser: wide and narrow, by itself, and searchable."""

import shutil

import pytest

from components.publish.scenes.index_page import write_index_page
from components.publish.scenes.latest import switch_latest
from components.shared.contracts.report import Report
from components.shared.storage import open_storage
from tests.unit.publish.scenes.make_scenes import make_version

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]
TITLES = ("castle", "garden", "a-very-long-title-of-a-capture-that-somebody-named-by-hand-2026-11-28")


@pytest.fixture
def page_file(tmp_path):
    for title in TITLES:
        folder = make_version(tmp_path, title, "20260101T000000Z-aaaaaa")
        switch_latest(str(folder), Report.read(folder / "report.json"))
    write_index_page(open_storage(str(tmp_path)))
    return tmp_path / "index.html"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_it_loads_nothing_and_fits(browser, page_file, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests, problems = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(page_file.as_uri())
    assert [url for url in requests if not url.startswith("data:")] == [page_file.as_uri()]
    assert problems == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 100)")
    assert page.inner_text("li dd time").endswith(("minute", "ago"))
    page.fill("#search", "GARD")
    assert [each.inner_text() for each in page.query_selector_all("li:not([hidden]) h2")] == ["garden"]
    page.click("li:not([hidden]) h2 a")
    page.wait_for_url("**/viewer.html")
