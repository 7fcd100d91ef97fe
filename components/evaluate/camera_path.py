"""A smooth path along the camera positions of a capture, in the order of its photos.

Smoothing and spline are written in numpy: scipy, which has both, would be a dependency of this stage for 30
lines, and makes the CPU image 100 MB larger.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.evaluate.look_at import LookAt
from components.evaluate.places import looks
from components.shared.scene import Scene

_SMOOTHING_FRACTION = 1 / 40
"""Sigma of the smoothing as a fraction of the path: removes tremor, and keeps the radius of a circle."""
_MIN_SMOOTHING_VIEWS = 0.5
_CLOSED_GAP_STEPS = 2.5
"""The path is closed if its ends are at most this many median steps apart."""
_MIN_CLOSED_VIEWS = 6


@dataclass(frozen=True, slots=True)
class CameraPath:
    """Level cameras at even distances along a path."""

    frames: list[LookAt]
    closed: bool
    """Whether the last frame is followed by the first."""

    def loop_from(self, start: LookAt) -> list[LookAt]:
        """The path as a loop from the frame nearest to `start`; an open path goes there and back."""
        frames = self.frames if self.closed else self.frames + self.frames[-2:0:-1]
        first = int(np.argmin([np.linalg.norm(frame.position - start.position) for frame in frames]))
        return frames[first:] + frames[:first]


def camera_path(scene: Scene, count: int) -> CameraPath:
    """`count` frames along the path of the capture, with the median field of view of its photos."""
    at_places = looks(scene)
    knots = np.array([np.concatenate([look.position, look.target]) for look in at_places])
    closed = _is_closed(knots[:, :3])
    line = _evenly(_smooth(knots, closed), count, closed)
    tan_x, tan_y = np.median([(look.tan_x, look.tan_y) for look in at_places], axis=0)
    return CameraPath([LookAt(row[:3], row[3:], float(tan_x), float(tan_y)) for row in line], closed)


def _is_closed(positions: np.ndarray) -> bool:
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    if len(positions) < _MIN_CLOSED_VIEWS or not steps.any():
        return False
    return float(np.linalg.norm(positions[-1] - positions[0])) <= _CLOSED_GAP_STEPS * float(np.median(steps))


def _smooth(knots: np.ndarray, closed: bool) -> np.ndarray:
    """Gaussian smoothing along the rows of `knots` [N, 6]; the ends of an open path are kept."""
    sigma = max(_MIN_SMOOTHING_VIEWS, _SMOOTHING_FRACTION * len(knots))
    half = min(round(3 * sigma), len(knots) - 1)
    taps = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    taps /= taps.sum()
    if closed:
        padded = np.concatenate([knots[len(knots) - half :], knots, knots[:half]])
    else:
        before, after = 2 * knots[0] - knots[half:0:-1], 2 * knots[-1] - knots[-2 : -half - 2 : -1]
        padded = np.concatenate([before, knots, after])
    return np.stack([np.convolve(column, taps, mode="valid") for column in padded.T], axis=1)


def _evenly(knots: np.ndarray, count: int, closed: bool) -> np.ndarray:
    """Points of a Catmull-Rom spline through `knots` [N, 6] at even distances, [count, 6]."""
    dense = _spline(knots, closed)
    steps = np.linalg.norm(np.diff(dense, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0.0, along[-1], count + 1)[:-1] if closed else np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(wanted, along, column) for column in dense.T], axis=1)


def _spline(knots: np.ndarray, closed: bool, per_segment: int = 24) -> np.ndarray:
    """Points of the uniform Catmull-Rom spline, both ends included; a closed one ends at its start."""
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0.0, 1.0, per_segment, endpoint=False)[:, None]
    p0, p1, p2, p3 = (padded[k : len(padded) - 3 + k, None] for k in range(4))
    rows = 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3
    )
    return np.concatenate([rows.reshape(-1, knots.shape[1]), padded[-2:-1]])
