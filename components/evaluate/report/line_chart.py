"""A line chart as inline SVG; its colours come from the style sheet of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from components.evaluate.report.format_values import axis_number, nice_step

_WIDTH, _HEIGHT = 340, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 325, 10, 156
_MAX_POINTS = 300
_MIN_SPAN_FRACTION = 0.15
"""Smallest height of the range of y, as a fraction of the largest value."""


def line_chart(x: Sequence[float], y: Sequence[float], *, label: str, from_zero: bool) -> Markup:
    """The curve of y over x with round ticks on both axes; `label` is for screen readers."""
    every = max(1, math.ceil(len(x) / _MAX_POINTS))
    xs, ys = (np.append(np.asarray(v, float)[:-1:every], v[-1]) for v in (x, y))
    low, high = (0.0, float(ys.max())) if from_zero else _widened(float(ys.min()), float(ys.max()))
    y_ticks = _ticks(low, high, 4)
    x_ticks = _ticks(0.0, float(xs.max()), 4)
    x_end = float(xs.max()) or 1.0
    across = _LEFT + xs / x_end * (_RIGHT - _LEFT)
    up = _y_pixels(ys, y_ticks)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True))
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{{label}}">'
        f"{_grid(y_ticks)}{_x_axis(x_ticks, x_end)}"
        f'<polyline class="curve" points="{points}"/>'
        f'<circle class="end" cx="{across[-1]:.1f}" cy="{up[-1]:.1f}" r="3"/></svg>'
    ).format(label=label)


def _ticks(low: float, high: float, steps: int) -> np.ndarray:
    """Round numbers that enclose [low, high]."""
    span = high - low if high > low else abs(high) or 1.0
    step = nice_step(span, steps)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return np.arange(first, max(last, first + 1) + 1) * step


def _widened(low: float, high: float) -> tuple[float, float]:
    """The range, widened so that noise does not look like a trend."""
    missing = max(0.0, _MIN_SPAN_FRACTION * abs(high) - (high - low))
    return low - missing / 2, high + missing / 2


def _y_pixels(values: np.ndarray, ticks: np.ndarray) -> np.ndarray:
    return _BOTTOM - (values - ticks[0]) / (ticks[-1] - ticks[0]) * (_BOTTOM - _TOP)


def _grid(ticks: np.ndarray) -> str:
    rows = zip(ticks, _y_pixels(ticks, ticks), strict=True)
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{_number(tick)}</text>'
        for tick, y in rows
    )


def _x_axis(ticks: np.ndarray, end: float) -> str:
    return "".join(
        f'<text class="tick" x="{_LEFT + tick / end * (_RIGHT - _LEFT):.1f}" y="{_BOTTOM + 16}" '
        f'text-anchor="middle">{_number(tick)}</text>'
        for tick in ticks
        if tick <= end * (1 + 1e-9)
    )


def _number(tick: float) -> str:
    return axis_number(float(f"{tick:.6g}"))
