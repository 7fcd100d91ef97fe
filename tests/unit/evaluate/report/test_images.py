import numpy as np

from components.evaluate.report.images import ERROR_FULL_SCALE, heat_map


def test_more_error_is_brighter():
    shown = heat_map(np.linspace(0, 1.2 * ERROR_FULL_SCALE, 13)[None]).astype(int).sum(axis=2)[0]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] > 600
    assert shown[0] < 60


def test_what_is_masked_is_gray_and_nothing_else_is():
    colors = heat_map(np.array([[np.nan, 0.0, 0.5 * ERROR_FULL_SCALE]])).astype(int)
    spreads = colors[0].max(axis=1) - colors[0].min(axis=1)
    assert spreads[0] < 10 < spreads[2]
    assert colors[0, 0].min() > 60 > colors[0, 1].max()
