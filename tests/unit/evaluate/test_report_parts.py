import re
from dataclasses import replace

import numpy as np

from components.evaluate.report import words
from components.evaluate.report.line_chart import line_chart
from components.evaluate.report.photo_table import photo_rows
from components.evaluate.report.pictures import ERROR_FULL_SCALE, heat
from components.evaluate.report.scene_map import maps
from tests.toy_world import HELD_OUT


def test_figures_read_well():
    assert [words.size(n) for n in (999, 284_600, 3_160_000, 12_000_000_000)] == [
        "999 B",
        "285 kB",
        "3.16 MB",
        "12 GB",
    ]
    assert words.thousands(4_800) == "4800"
    assert words.thousands(248_490) == "248\u202f490"
    assert [words.axis_number(v) for v in (0.25, 1500, 2_000_000)] == ["0.25", "1.5k", "2M"]
    assert [words.nice_step(span, 4) for span in (0.3, 4.7, 12_000, 8)] == [0.1, 2.0, 5000.0, 2.0]


def test_a_curve_goes_the_way_of_its_values():
    chart = line_chart([0, 10, 20], [3.0, 1.0, 2.0], label='Loss "x"', from_zero=True)
    points = re.search(r'points="([^"]+)"', chart).group(1).split()
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in points)
    assert x0 < x1 < x2
    assert y0 < y2 < y1
    assert "Loss &#34;x&#34;" in chart
    assert ">20</text>" in chart


def test_a_curve_of_many_values_is_thinned_and_keeps_its_end():
    values = list(np.linspace(1.0, 0.0, 5_000))
    chart = line_chart(range(5_000), values, label="", from_zero=True)
    points = re.search(r'points="([^"]+)"', chart).group(1).split()
    assert 200 < len(points) <= 302
    assert points[-1] == "325.0,156.0"


def test_a_curve_of_one_value_and_a_flat_one_can_be_drawn():
    for x, y in (([5], [2.0]), ([0, 5], [7.0, 7.0]), ([0, 5], [0.0, 0.0])):
        chart = line_chart(x, y, label="", from_zero=False)
        assert "nan" not in chart
        assert "<polyline" in chart


def test_a_wobble_does_not_look_like_a_trend():
    chart = line_chart([0, 1, 2], [14.0, 13.9, 14.1], label="", from_zero=False)
    points = re.search(r'points="([^"]+)"', chart).group(1).split()
    heights = [float(point.split(",")[1]) for point in points]
    assert max(heights) - min(heights) < 0.15 * (156 - 10)


def test_more_error_is_brighter():
    shown = heat(np.linspace(0, 1.2 * ERROR_FULL_SCALE, 13)[None]).astype(int).sum(axis=2)[0]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] > 600
    assert shown[0] < 60


def test_what_is_masked_is_gray_and_nothing_else_is():
    colors = heat(np.array([[np.nan, 0.0, 0.5 * ERROR_FULL_SCALE]])).astype(int)
    spreads = colors[0].max(axis=1) - colors[0].min(axis=1)
    assert spreads[0] < 10 < spreads[2]
    assert colors[0, 0].min() > 60 > colors[0, 1].max()


def test_maps_show_every_camera_where_it_stands(posed_scene):
    above, side = maps(posed_scene, HELD_OUT)
    for picture in (above, side):
        assert picture.count('class="camera') == len(posed_scene.views)
        assert picture.count('class="camera held-out"') == len(HELD_OUT)
        assert picture.count("data:image/webp") == 1
    places = np.array([list(map(float, m)) for m in re.findall(r'd="M([\d.]+) ([\d.]+)L', above)])
    centers = np.array([view.camera.center for view in posed_scene.views])
    assert np.corrcoef(places[:, 0], centers[:, 0])[0, 1] > 0.9999
    assert np.corrcoef(places[:, 1], -centers[:, 2])[0, 1] > 0.9999
    assert re.search(r">\d+(\.\d+)? m</text>", above)


def test_maps_survive_a_scene_without_points(posed_scene):
    empty = replace(posed_scene, points=np.zeros((0, 3)), point_colors=np.zeros((0, 3), np.uint8))
    above, _ = maps(empty, [])
    assert above.count('class="camera') == len(posed_scene.views)


def test_every_file_of_the_capture_is_listed_the_problems_first(posed_scene):
    rows = photo_rows(posed_scene, HELD_OUT)
    assert [row.state for row in rows[:3]] == ["refused", "unplaced", "held-out"]
    assert len(rows) == len(posed_scene.views) + 2
    assert rows[1].reason == "too little overlap"
    assert rows[1].thumbnail is None
    assert rows[2].thumbnail.startswith("data:image/webp;base64,")
    assert sum(len(row.thumbnail or "") for row in rows) < 60_000
