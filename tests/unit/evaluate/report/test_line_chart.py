import re

import numpy as np

from components.evaluate.report.line_chart import line_chart


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


def test_noise_does_not_look_like_a_trend():
    chart = line_chart([0, 1, 2], [14.0, 13.9, 14.1], label="", from_zero=False)
    points = re.search(r'points="([^"]+)"', chart).group(1).split()
    heights = [float(point.split(",")[1]) for point in points]
    assert max(heights) - min(heights) < 0.15 * (156 - 10)
