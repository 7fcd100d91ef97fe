"""Gaussians in the world -> ellipses on the image, one thread each, and the tiles that an ellipse touches.

Per row of tiles an ellipse touches exactly the span that its outline reaches: a bounding box would list many
tiles that a slanted ellipse misses (the idea of Speedy-Splat's AccuTile).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import (
    ALPHA_MIN,
    EPS2D,
    EXTENT_MAX_SIGMAS,
    FIELD_OF_VIEW_MARGIN,
    NEAR_PLANE,
)
from components.shared.scene import Camera
from components.train.steps.fused.launch import quick_launch

TILE_PX = 8
COLUMNS = 8
POWER = -0.5 * math.log2(math.e)
"""Factor from a squared Mahalanobis distance to the log2 of exp(-distance² / 2)."""
_BLOCK = 32
_TILE = tl.constexpr(TILE_PX)
_COLUMNS, _POWER = tl.constexpr(COLUMNS), tl.constexpr(POWER)
_POWER_MIN = tl.constexpr(math.log2(ALPHA_MIN))
_REACH_MAX = tl.constexpr(EXTENT_MAX_SIGMAS**2)
_EPS2D, _NEAR, _ALPHA_MIN = tl.constexpr(EPS2D), tl.constexpr(NEAR_PLANE), tl.constexpr(ALPHA_MIN)
_RADIUS_MAX_PX = tl.constexpr(1e6)
_SLACK, _TINY = tl.constexpr(1.001), tl.constexpr(1e-20)

# Offsets into the row of `pack_camera`; the rotation is row-major from 0 to 8.
_TX, _TY, _TZ = tl.constexpr(9), tl.constexpr(10), tl.constexpr(11)
CENTER = tl.constexpr(12)
FX, FY = tl.constexpr(15), tl.constexpr(16)
_CX, _CY = tl.constexpr(17), tl.constexpr(18)
_SLOPE_X_MIN, _SLOPE_X_MAX = tl.constexpr(19), tl.constexpr(20)
_SLOPE_Y_MIN, _SLOPE_Y_MAX = tl.constexpr(21), tl.constexpr(22)
WIDTH, HEIGHT = tl.constexpr(23), tl.constexpr(24)


@dataclass(frozen=True, slots=True)
class Ellipses:
    """Gaussians projected to one image.

    table float32 [N, 8]: centre x, y in px, log2 of the opacity, unused; a, b, c, unused, so that the log2 of
    alpha at a pixel is the log2 of the opacity + a dx² + b dx dy + c dy².
    """

    table: Tensor
    depths: Tensor
    """float32 [N], scene units, infinite where culled."""
    tile_counts: Tensor
    """int32 [N]: how many tiles each touches, 0 where culled."""
    order: Tensor
    """int64 [N]: rows from near to far."""


def pack_camera(camera: Camera, device: torch.device) -> Tensor:
    """The camera as kernels read it, float32 [25].

    Rotation (9) and translation (3) cam_from_world, centre (3), fx, fy, cx, cy in px, least and greatest x/z
    and y/z for which the Jacobian is evaluated (4), width, height in px.
    """
    fx, fy, cx, cy = (float(camera.K[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
    margin_x = FIELD_OF_VIEW_MARGIN * 0.5 * camera.width / fx
    margin_y = FIELD_OF_VIEW_MARGIN * 0.5 * camera.height / fy
    row = [
        *camera.viewmat[:3, :3].ravel(),
        *camera.viewmat[:3, 3],
        *camera.center,
        *(fx, fy, cx, cy),
        *(-cx / fx - margin_x, (camera.width - cx) / fx + margin_x),
        *(-cy / fy - margin_y, (camera.height - cy) / fy + margin_y),
        *(camera.width, camera.height),
    ]
    return torch.tensor(row, dtype=torch.float32, device=device)


def project(tensors: dict[str, Tensor], camera: Tensor) -> Ellipses:
    """Project Gaussians; `tensors` in the encodings of `Rasterizer`, float32, contiguous."""
    means = tensors["means"]
    count = len(means)
    table, depths = means.new_empty(count, COLUMNS), means.new_empty(count)
    tile_counts = means.new_empty(count, dtype=torch.int32)
    _project[(triton.cdiv(count, _BLOCK),)](
        *(tensors[name] for name in ("means", "quats", "scales", "opacities")),
        camera,
        table,
        depths,
        tile_counts,
        count,
        BLOCK=_BLOCK,
        num_warps=1,
    )
    return Ellipses(table, depths, tile_counts, order=torch.argsort(depths))


@quick_launch
@triton.jit(do_not_specialize=["count"])
def _project(
    means,
    quats,
    scales,
    opacities,
    camera,
    table,
    depths,
    tile_counts,
    count,
    BLOCK: tl.constexpr,
):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    in_range = i < count
    mx, my, mz = load3(means, i, in_range)
    x, y, z = to_camera(camera, mx, my, mz)
    alpha = 1.0 / (1.0 + tl.exp(-tl.load(opacities + i, mask=in_range, other=-100.0)))
    visible = in_range & (z >= _NEAR) & (alpha >= _ALPHA_MIN)
    z = tl.where(visible, z, 1.0)
    sx, sy = clamped_slopes(camera, x, y, z)
    fx = tl.load(camera + FX)
    fy = tl.load(camera + FY)
    w, qx, qy, qz, _ = load_quaternion(quats, i, in_range)
    ax, ay, az, bx, by, bz, cx, cy, cz = axes_in_camera(camera, w, qx, qy, qz)
    s0, s1, s2 = load3(scales, i, in_range)
    ax, ay = axis_on_image(fx, fy, sx, sy, 1.0 / z, tl.exp(s0), ax, ay, az)
    bx, by = axis_on_image(fx, fy, sx, sy, 1.0 / z, tl.exp(s1), bx, by, bz)
    cx, cy = axis_on_image(fx, fy, sx, sy, 1.0 / z, tl.exp(s2), cx, cy, cz)
    # Covariance on the image, px², from the three axes on the image, with the blur of EPS2D.
    xx = ax * ax + bx * bx + cx * cx + _EPS2D
    xy = ax * ay + bx * by + cx * cy
    yy = ay * ay + by * by + cy * cy + _EPS2D
    determinant = xx * yy - xy * xy
    px = fx * x / z + tl.load(camera + _CX)
    py = fy * y / z + tl.load(camera + _CY)
    log_opacity = tl.log2(alpha)
    reach = squared_reach(log_opacity)
    radius_x = tl.ceil(tl.sqrt(reach * xx))
    radius_y = tl.ceil(tl.sqrt(reach * yy))
    visible &= (determinant > 0) & (radius_x < _RADIUS_MAX_PX) & (radius_y < _RADIUS_MAX_PX)
    visible &= (px + radius_x > 0) & (px - radius_x < tl.load(camera + WIDTH))
    visible &= (py + radius_y > 0) & (py - radius_y < tl.load(camera + HEIGHT))
    determinant = tl.where(visible, determinant, 1.0)
    a = tl.where(visible, yy / determinant, 1.0)
    b = tl.where(visible, -xy / determinant, 0.0)
    c = tl.where(visible, xx / determinant, 1.0)
    px = tl.where(visible, px, 0.0)
    py = tl.where(visible, py, 0.0)
    tile_count = _count_tiles(camera, px, py, a, b, c, reach, visible, BLOCK)
    tl.store(tile_counts + i, tile_count, mask=in_range)
    tl.store(depths + i, tl.where(tile_count > 0, z, float("inf")), mask=in_range)
    row = table + i * _COLUMNS
    tl.store(row, px, mask=in_range)
    tl.store(row + 1, py, mask=in_range)
    tl.store(row + 2, log_opacity, mask=in_range)
    tl.store(row + 4, a * _POWER, mask=in_range)
    tl.store(row + 5, b * (2.0 * _POWER), mask=in_range)
    tl.store(row + 6, c * _POWER, mask=in_range)


@triton.jit
def _count_tiles(camera, px, py, a, b, c, reach, visible, BLOCK: tl.constexpr):
    row, last = tile_rows(camera, py, a, b, c, reach, visible)
    count = tl.zeros([BLOCK], tl.int32)
    while tl.max(last - row) > 0:
        left, right = tiles_in_row(camera, row, px, py, a, b, c, reach)
        count += tl.where(row < last, right - left, 0)
        row += 1
    return count


@triton.jit
def squared_reach(log_opacity):
    """Squared radius in sigmas within which a Gaussian is composited, from the log2 of its opacity."""
    return tl.minimum(tl.maximum((log_opacity - _POWER_MIN) / -_POWER, 0.0), _REACH_MAX)


@triton.jit
def tile_rows(camera, py, a, b, c, reach, visible):
    """First and one past the last row of tiles within the image."""
    height = tl.load(camera + HEIGHT)
    half = tl.sqrt(reach * _SLACK * a / tl.maximum(a * c - b * b, _TINY))
    first = tl.maximum(tl.floor((py - half) / _TILE), 0.0)
    last = tl.minimum(tl.floor((py + half) / _TILE) + 1.0, tl.ceil(height / _TILE))
    first = tl.where(visible, first, 0.0)
    last = tl.where(visible, tl.maximum(last, first), 0.0)
    return first.to(tl.int32), last.to(tl.int32)


@triton.jit
def tiles_in_row(camera, row, px, py, a, b, c, reach):
    """First and one past the last tile of a row of tiles.

    The outline's right side, as a function of y, has one peak: its greatest value within the row lies at
    the peak, or at the row's edge that is nearest to the peak. The left side mirrors it.
    """
    width = tl.load(camera + WIDTH)
    reach = reach * _SLACK
    determinant = tl.maximum(a * c - b * b, _TINY)
    half_x = tl.sqrt(reach * c / determinant)
    half_y = tl.sqrt(reach * a / determinant)
    top = tl.maximum(row.to(tl.float32) * _TILE - py, -half_y)
    bottom = tl.minimum((row + 1).to(tl.float32) * _TILE - py, half_y)
    peak = -b * half_x / c
    at = tl.minimum(tl.maximum(peak, top), bottom)
    right = (-b * at + tl.sqrt(tl.maximum(b * b * at * at - a * (c * at * at - reach), 0.0))) / a
    at = tl.minimum(tl.maximum(-peak, top), bottom)
    left = (-b * at - tl.sqrt(tl.maximum(b * b * at * at - a * (c * at * at - reach), 0.0))) / a
    columns = tl.ceil(width / _TILE)
    first = tl.minimum(tl.maximum(tl.floor((px + left) / _TILE), 0.0), columns)
    last = tl.minimum(tl.maximum(tl.floor((px + right) / _TILE) + 1.0, first), columns)
    return first.to(tl.int32), last.to(tl.int32)


@triton.jit
def load_ellipse(table, i, mask):
    """Centre x, y in px, log2 of the opacity, and the conic a, b, c in 1/px², where `mask`."""
    row = table + i * _COLUMNS
    x = tl.load(row, mask=mask, other=0.0)
    y = tl.load(row + 1, mask=mask, other=0.0)
    log_opacity = tl.load(row + 2, mask=mask, other=0.0)
    a = tl.load(row + 4, mask=mask, other=_POWER)
    b = tl.load(row + 5, mask=mask, other=0.0)
    c = tl.load(row + 6, mask=mask, other=_POWER)
    return x, y, log_opacity, a / _POWER, b / (2.0 * _POWER), c / _POWER


@triton.jit
def load3(rows, i, mask):
    """Three columns of rows [N, 3]."""
    x = tl.load(rows + i * 3, mask=mask, other=0.0)
    y = tl.load(rows + i * 3 + 1, mask=mask, other=0.0)
    z = tl.load(rows + i * 3 + 2, mask=mask, other=0.0)
    return x, y, z


@triton.jit
def load_quaternion(quats, i, mask):
    """Unit quaternion wxyz, and the length it was stored with."""
    w = tl.load(quats + i * 4, mask=mask, other=1.0)
    x = tl.load(quats + i * 4 + 1, mask=mask, other=0.0)
    y = tl.load(quats + i * 4 + 2, mask=mask, other=0.0)
    z = tl.load(quats + i * 4 + 3, mask=mask, other=0.0)
    length = tl.sqrt(w * w + x * x + y * y + z * z) + 1e-20
    return w / length, x / length, y / length, z / length, length


@triton.jit
def to_camera(camera, mx, my, mz):
    """Camera coordinates of world points."""
    x = tl.load(camera) * mx + tl.load(camera + 1) * my + tl.load(camera + 2) * mz + tl.load(camera + _TX)
    y = tl.load(camera + 3) * mx + tl.load(camera + 4) * my + tl.load(camera + 5) * mz + tl.load(camera + _TY)
    z = tl.load(camera + 6) * mx + tl.load(camera + 7) * my + tl.load(camera + 8) * mz + tl.load(camera + _TZ)
    return x, y, z


@triton.jit
def _rotated(camera, x, y, z):
    """Camera coordinates of world directions."""
    rx = tl.load(camera) * x + tl.load(camera + 1) * y + tl.load(camera + 2) * z
    ry = tl.load(camera + 3) * x + tl.load(camera + 4) * y + tl.load(camera + 5) * z
    rz = tl.load(camera + 6) * x + tl.load(camera + 7) * y + tl.load(camera + 8) * z
    return rx, ry, rz


@triton.jit
def clamped_slopes(camera, x, y, z):
    """x/z and y/z, clamped near the image: far outside, the affine approximation explodes."""
    sx = tl.minimum(tl.maximum(x / z, tl.load(camera + _SLOPE_X_MIN)), tl.load(camera + _SLOPE_X_MAX))
    sy = tl.minimum(tl.maximum(y / z, tl.load(camera + _SLOPE_Y_MIN)), tl.load(camera + _SLOPE_Y_MAX))
    return sx, sy


@triton.jit
def axes_in_camera(camera, w, x, y, z):
    """The Gaussian's three axes, unit length, in camera coordinates."""
    ax, ay, az = _rotated(camera, 1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y))
    bx, by, bz = _rotated(camera, 2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x))
    cx, cy, cz = _rotated(camera, 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
    return ax, ay, az, bx, by, bz, cx, cy, cz


@triton.jit
def axis_on_image(fx, fy, sx, sy, inverse_z, scale, ax, ay, az):
    """An axis on the image, px: the projection's Jacobian times scale times the unit axis."""
    hx = fx * inverse_z * scale * (ax - sx * az)
    hy = fy * inverse_z * scale * (ay - sy * az)
    return hx, hy
