"""Our 3D Tiles in a renderer that is not ours: which tiles it takes, and where on earth it puts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.compress.tiles.earth import ecef_from_scene
from components.compress.tiles.write_tiles import write_tiles
from components.shared.contracts.capture import Gps
from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit
from tests.scene_info import scene_info
from tests.service.npm import install
from tests.service.test_engines import ADDRESS, CHROMIUM, browser  # noqa: F401
from tests.toy_world import toy_splats

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]
PAGE = Path(__file__).parent / "tiles_pages" / "three.html"
ENU_FROM_SCENE = ((2.0, 0.0, 0.0, 0.0), (0.0, 0.0, 2.0, 0.0), (0.0, -2.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
WORLD = scene_info().world.replace(
    georeference=Georeference(
        kind=GeoreferenceKind.WGS84_ENU,
        unit=GeoreferenceUnit.METRE,
        origin=Gps(latitude=47.1, longitude=8.5, altitude_m=500.0),
        positions=5,
    ),
    capture_from_scene=ENU_FROM_SCENE,
)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return install(tmp_path_factory.mktemp("tiles"), "3d-tiles-renderer@0.5.3", "three@0.187.0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene") / "tiles"
    write_tiles(toy_splats(2000), folder, WORLD, most_in_leaf=600)
    return folder


def positions_from(browser, packages, folder, distance_m):  # noqa: F811
    """ECEF [N, 3] of what is shown from so far above."""

    def answer(route):
        name = route.request.url.removeprefix(ADDRESS).split("?")[0]
        top, _, rest = name.partition("/")
        path = {"npm": packages, "tiles": folder}.get(top, PAGE.parent) / (rest or top)
        route.fulfill(path=path) if path.is_file() else route.fulfill(status=404)

    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", answer)
    page.goto(f"{ADDRESS}three.html?distance={distance_m}")
    try:
        page.wait_for_function("window.positions !== undefined", timeout=60_000)
        assert errors == []
        return np.array(page.evaluate("window.positions"))
    finally:
        page.close()


def test_from_near_it_shows_all_gaussians_at_their_place(browser, packages, folder):  # noqa: F811
    found = positions_from(browser, packages, folder, distance_m=12.0)
    matrix = ecef_from_scene(WORLD)
    expected = toy_splats(2000).means @ matrix[:3, :3].T + matrix[:3, 3]
    assert len(found) == len(expected)
    order, order_expected = (np.lexsort(np.rint(each * 100).T) for each in (found, expected))
    np.testing.assert_allclose(found[order], expected[order_expected], atol=0.02)


def test_from_afar_it_shows_the_coarse_level(browser, packages, folder):  # noqa: F811
    found = positions_from(browser, packages, folder, distance_m=300.0)
    assert len(found) == 4 * 167
