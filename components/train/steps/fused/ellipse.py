"""One Gaussian as the camera sees it: kernel parts that the projection and its gradient share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import EPS2D
from components.train.steps.fused.camera import rotated

COLUMNS = 8
_COLUMNS = tl.constexpr(COLUMNS)
POWER = -0.5 * math.log2(math.e)
"""Factor from half a squared distance in sigmas to the log2 of what it leaves of the opacity."""
_POWER = tl.constexpr(POWER)
_EPS2D = tl.constexpr(EPS2D)


@dataclass(frozen=True, slots=True)
class Ellipses:
    """table [N, 8]: place x, y in px, log2 of the opacity, nothing; a, b, c, nothing, so that the log2 of a
    Gaussian's opacity at a pixel is its peak + a dx² + b dx dy + c dy²; depths [N], infinite where culled;
    tiles int32 [N]: how many tiles each touches, 0 where culled; order int64 [N]: from near to far."""

    table: Tensor
    depths: Tensor
    tiles: Tensor
    order: Tensor


@triton.jit
def load_ellipse(table, i, known):
    """Place, log2 of the opacity, and the conic in 1/px², as it is known elsewhere."""
    row = table + i * _COLUMNS
    x = tl.load(row, mask=known, other=0.0)
    y = tl.load(row + 1, mask=known, other=0.0)
    peak = tl.load(row + 2, mask=known, other=0.0)
    a = tl.load(row + 4, mask=known, other=_POWER)
    b = tl.load(row + 5, mask=known, other=0.0)
    c = tl.load(row + 6, mask=known, other=_POWER)
    return x, y, peak, a / _POWER, b / (2.0 * _POWER), c / _POWER


@triton.jit
def seen_rows(tiles, count, BLOCK: tl.constexpr):
    """This program's Gaussians, and which of them are seen."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    return i, (i < count) & (tl.load(tiles + i, mask=i < count, other=0) > 0)


@triton.jit
def load3(rows, i, known):
    """Three columns of rows [N, 3]."""
    x = tl.load(rows + i * 3, mask=known, other=0.0)
    y = tl.load(rows + i * 3 + 1, mask=known, other=0.0)
    z = tl.load(rows + i * 3 + 2, mask=known, other=0.0)
    return x, y, z


@triton.jit
def load_quaternion(quats, i, known):
    """Unit quaternion wxyz, and the length it was stored with."""
    w = tl.load(quats + i * 4, mask=known, other=1.0)
    x = tl.load(quats + i * 4 + 1, mask=known, other=0.0)
    y = tl.load(quats + i * 4 + 2, mask=known, other=0.0)
    z = tl.load(quats + i * 4 + 3, mask=known, other=0.0)
    length = tl.sqrt(w * w + x * x + y * y + z * z) + 1e-20
    return w / length, x / length, y / length, z / length, length


@triton.jit
def axes_in_camera(camera, w, x, y, z):
    """The Gaussian's three axes, unit length, in camera coordinates."""
    ax, ay, az = rotated(camera, 1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y))
    bx, by, bz = rotated(camera, 2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x))
    cx, cy, cz = rotated(camera, 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
    return ax, ay, az, bx, by, bz, cx, cy, cz


@triton.jit
def on_image(fx, fy, sx, sy, inverse_z, scale, ax, ay, az):
    """Half an axis on the image, px: the projection's Jacobian times scale times the axis."""
    hx = fx * inverse_z * scale * (ax - sx * az)
    hy = fy * inverse_z * scale * (ay - sy * az)
    return hx, hy


@triton.jit
def covariance(ax, ay, bx, by, cx, cy):
    """Blurred covariance on the image, px², from the three axes on the image."""
    xx = ax * ax + bx * bx + cx * cx + _EPS2D
    xy = ax * ay + bx * by + cx * cy
    yy = ay * ay + by * by + cy * cy + _EPS2D
    return xx, xy, yy
