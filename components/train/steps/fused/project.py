"""Gaussians in the world -> ellipses on the image, one thread each."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import ALPHA_MIN, NEAR_PLANE
from components.train.steps.fused.camera import slopes, to_camera
from components.train.steps.fused.ellipse import (
    COLUMNS,
    POWER,
    Ellipses,
    axes_in_camera,
    covariance,
    load3,
    load_quaternion,
    on_image,
)
from components.train.steps.fused.tiles import reach_of, tile_rows, tiles_in_row

BLOCK = 32
_COLUMNS, _POWER = tl.constexpr(COLUMNS), tl.constexpr(POWER)
_NEAR = tl.constexpr(NEAR_PLANE)
_ALPHA_MIN = tl.constexpr(ALPHA_MIN)
_RADIUS_MAX_PX = tl.constexpr(1e6)


def project(tensors: dict[str, Tensor], camera: Tensor) -> Ellipses:
    """`tensors` in the encodings of `Rasterizer`, float32, contiguous."""
    means = tensors["means"]
    count = len(means)
    table, depths = means.new_empty(count, COLUMNS), means.new_empty(count)
    tiles = means.new_empty(count, dtype=torch.int32)
    _project[(triton.cdiv(count, BLOCK),)](
        *(tensors[name] for name in ("means", "quats", "scales", "opacities")),
        camera,
        table,
        depths,
        tiles,
        count,
        BLOCK=BLOCK,
        num_warps=1,
    )
    return Ellipses(table, depths, tiles, order=torch.argsort(depths))


@triton.jit(do_not_specialize=["count"])
def _project(
    means,
    quats,
    scales,
    opacities,
    camera,
    table,
    depths,
    tiles,
    count,
    BLOCK: tl.constexpr,
):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    known = i < count
    mx, my, mz = load3(means, i, known)
    x, y, z = to_camera(camera, mx, my, mz)
    alpha = 1.0 / (1.0 + tl.exp(-tl.load(opacities + i, mask=known, other=-100.0)))
    visible = known & (z >= _NEAR) & (alpha >= _ALPHA_MIN)
    z = tl.where(visible, z, 1.0)
    sx, sy = slopes(camera, x, y, z)
    fx = tl.load(camera + 15)
    fy = tl.load(camera + 16)
    w, qx, qy, qz, _ = load_quaternion(quats, i, known)
    ax, ay, az, bx, by, bz, cx, cy, cz = axes_in_camera(camera, w, qx, qy, qz)
    s0, s1, s2 = load3(scales, i, known)
    ax, ay = on_image(fx, fy, sx, sy, 1.0 / z, tl.exp(s0), ax, ay, az)
    bx, by = on_image(fx, fy, sx, sy, 1.0 / z, tl.exp(s1), bx, by, bz)
    cx, cy = on_image(fx, fy, sx, sy, 1.0 / z, tl.exp(s2), cx, cy, cz)
    xx, xy, yy = covariance(ax, ay, bx, by, cx, cy)
    determinant = xx * yy - xy * xy
    px = fx * x / z + tl.load(camera + 17)
    py = fy * y / z + tl.load(camera + 18)
    peak = tl.log2(alpha)
    reach = reach_of(peak)
    radius_x = tl.ceil(tl.sqrt(reach * xx))
    radius_y = tl.ceil(tl.sqrt(reach * yy))
    visible &= (determinant > 0) & (radius_x < _RADIUS_MAX_PX) & (radius_y < _RADIUS_MAX_PX)
    visible &= (px + radius_x > 0) & (px - radius_x < tl.load(camera + 23))
    visible &= (py + radius_y > 0) & (py - radius_y < tl.load(camera + 24))
    determinant = tl.where(visible, determinant, 1.0)
    a = tl.where(visible, yy / determinant, 1.0)
    b = tl.where(visible, -xy / determinant, 0.0)
    c = tl.where(visible, xx / determinant, 1.0)
    px = tl.where(visible, px, 0.0)
    py = tl.where(visible, py, 0.0)
    touched = _count_tiles(camera, px, py, a, b, c, reach, visible, BLOCK)
    tl.store(tiles + i, touched, mask=known)
    tl.store(depths + i, tl.where(touched > 0, z, float("inf")), mask=known)
    row = table + i * _COLUMNS
    tl.store(row, px, mask=known)
    tl.store(row + 1, py, mask=known)
    tl.store(row + 2, peak, mask=known)
    tl.store(row + 4, a * _POWER, mask=known)
    tl.store(row + 5, b * (2.0 * _POWER), mask=known)
    tl.store(row + 6, c * _POWER, mask=known)


@triton.jit
def _count_tiles(camera, px, py, a, b, c, reach, visible, BLOCK: tl.constexpr):
    row, last = tile_rows(camera, py, a, b, c, reach, visible)
    touched = tl.zeros([BLOCK], tl.int32)
    while tl.max(last - row) > 0:
        left, right = tiles_in_row(camera, row, px, py, a, b, c, reach)
        touched += tl.where(row < last, right - left, 0)
        row += 1
    return touched
