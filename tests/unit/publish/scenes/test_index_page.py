import os
import re
from html import unescape

import pytest

from components.publish.scenes.index_page import write_index_page
from components.publish.scenes.latest import switch_latest
from components.shared.contracts.report import Report
from components.shared.storage import open_storage
from tests.unit.publish.scenes.make_scenes import make_version

NAMES = ("castle", "Bäume #1 <b>")


@pytest.fixture
def scenes(tmp_path):
    for name in NAMES:
        folder = make_version(tmp_path / "scenes", name, "20260101T000000Z-aaaaaa")
        switch_latest(str(folder), Report.read(folder / "report.json"))
    return tmp_path / "scenes"


def page_of(scenes, count):
    assert write_index_page(open_storage(str(scenes))) == count
    return (scenes / "index.html").read_text()


def test_every_scene_is_shown_with_its_figures_and_its_picture(scenes):
    page = page_of(scenes, 2)
    assert sorted(unescape(title) for title in re.findall(r'aria-label="View (.*?)"', page)) == sorted(NAMES)
    assert page.count("27.2 dB") == page.count("$0.31") == page.count("5.1 MB") == page.count("248,490") == 2
    assert page.count('src="data:image/webp;base64,') == 2
    assert "<b>" not in page
    assert 'href="B%C3%A4ume%20%231%20%3Cb%3E/index.html"' in page


def test_pictures_are_small(scenes):
    assert len(page_of(scenes, 2)) < 2 * 60_000  # of noise, which compresses worse than any scene


def test_figures_that_were_not_measured_and_damaged_scenes_do_no_harm(scenes):
    flat = scenes / "flat"
    flat.mkdir()
    (flat / "latest.json").write_text(
        '{"scene": "flat", "version": "", "path": "", "stored_at": "2026-01-01T00:00:00+00:00", "files": {}}'
    )
    (scenes / "castle" / "latest.json").write_text("{")
    (scenes / "Bäume #1 <b>" / "20260101T000000Z-aaaaaa" / "thumbnail.webp").write_bytes(b"no picture")
    for folder in ("few", "stages"):  # the second is the pass's own, with its record
        (scenes / folder).mkdir()
        (scenes / folder / "inbox.json").write_text("{}")
    page = page_of(scenes, 3)
    assert page.count("<li data-title") == 2
    assert "Without a scene so far: few." in page


def test_a_capture_without_a_scene_has_a_link_to_the_newest_page_that_says_why(scenes):
    for folder, changed_at in (("20260101T000000Z-aaaaaa", 2000), ("20260102T000000Z-bbbbbb", 3000)):
        page = scenes / "a & b" / folder / "report.html"
        page.parent.mkdir(parents=True)
        page.touch()
        os.utime(page, (changed_at, changed_at))
    for title in ("a & b", "few"):
        (scenes / title).mkdir(exist_ok=True)
        (scenes / title / "inbox.json").write_text("{}")
    link = '<a href="a%20%26%20b/20260102T000000Z-bbbbbb/report.html">a &amp; b</a>'
    assert f"Without a scene so far: {link}, few." in page_of(scenes, 2)


def test_an_empty_folder_has_a_page_too(tmp_path):
    assert "No scene yet." in page_of(tmp_path, 0)
