"""View-dependent colours of Gaussians, and one Adam step of their spherical harmonics (SH)."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize import conventions
from components.train.steps.fused.adam import adam, bias_corrections, visible_rows
from components.train.steps.fused.blend import CHANNELS, FIRST_COLOR, SUMS
from components.train.steps.fused.launch import quick_launch
from components.train.steps.fused.projection import CENTER, load3

_BLOCK, _UPDATE_BLOCK = 16, 2
_CHANNELS, _SUMS, _FIRST_COLOR = tl.constexpr(CHANNELS), tl.constexpr(SUMS), tl.constexpr(FIRST_COLOR)
_BASIS = tl.constexpr(16)
"""SH up to degree 3."""
_SLOTS = tl.constexpr(64)
"""The next power of two to the 45 numbers of shN."""

# Everywhere in these kernels a tensor stands left of a constant: the interpreter of Triton 3.7 takes
# `constant * tensor` for another constant, and refuses it.
_C0, _C1 = tl.constexpr(conventions.SH_C0), tl.constexpr(conventions.SH_C1)
_C2, _C2_Z = tl.constexpr(conventions.SH_C2), tl.constexpr(conventions.SH_C2_Z)
_C2_XY, _C3_XY = tl.constexpr(conventions.SH_C2_XY), tl.constexpr(conventions.SH_C3_XY)
_C3, _C3_XYZ = tl.constexpr(conventions.SH_C3), tl.constexpr(conventions.SH_C3_XYZ)
_C3_Z, _C3_ZZ = tl.constexpr(conventions.SH_C3_Z), tl.constexpr(conventions.SH_C3_ZZ)


def evaluate_colors(
    tensors: dict[str, Tensor],
    camera: Tensor,
    tile_counts: Tensor,
    sh_degree: int,
    labels: Tensor | None = None,
) -> Tensor:
    """sRGB colours visible from the camera, float32 [N, 4], not negative; channel 3 is 0.

    Rows where `tile_counts` is 0 are undefined. With `labels` [N], shN is a palette, as in `Gaussians`.
    """
    count = len(tile_counts)
    colors = tensors["means"].new_empty(count, CHANNELS)
    _evaluate_colors[(triton.cdiv(count, _BLOCK),)](
        tensors["means"],
        tensors["sh0"],
        tensors["shN"],
        labels,
        camera,
        tile_counts,
        colors,
        count,
        tensors["shN"].shape[1],
        DEGREE=sh_degree,
        BLOCK=_BLOCK,
        num_warps=1,
    )
    return colors


@quick_launch
@triton.jit(do_not_specialize=["count", "rest"])
def _evaluate_colors(
    means,
    sh0,
    shN,
    labels,
    camera,
    tile_counts,
    colors,
    count,
    rest,
    DEGREE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row, visible = visible_rows(tile_counts, count, BLOCK)
    if tl.max(visible.to(tl.int32), axis=0) == 0:
        return
    mx, my, mz = load3(means, row, visible)
    x, y, z, _ = _view_direction(camera, mx, my, mz)
    k = tl.arange(0, _BASIS)[None, :]
    used = visible[:, None] & (k < (DEGREE + 1) * (DEGREE + 1))
    b = tl.where(used, basis(k, x[:, None], y[:, None], z[:, None]), 0.0)
    # Offsets of the red coefficients: degree 0 in sh0, the others in shN.
    base, others = row[:, None] * 3 + 0 * k, (_shN_row(labels, row, visible)[:, None] * rest + k - 1) * 3
    is_base, is_rest = used & (k == 0), used & (k > 0)
    for channel in tl.static_range(3):
        sh = tl.load(sh0 + base + channel, mask=is_base, other=0.0)
        sh += tl.load(shN + others + channel, mask=is_rest, other=0.0)
        value = tl.sum(b * sh, axis=1) + 0.5
        # Not maximum(): NaN must reach the image, where training finds it.
        tl.store(colors + row * _CHANNELS + channel, tl.where(value < 0.0, 0.0, value), mask=visible)
    tl.store(colors + row * _CHANNELS + 3, tl.zeros([BLOCK], tl.float32), mask=visible)


@triton.jit
def _shN_row(labels, row, visible):
    """The row of shN of each Gaussian."""
    shN_row = row
    if labels is not None:
        shN_row = tl.load(labels + row, mask=visible, other=0).to(tl.int32)
    return shN_row


def update_colors(
    tensors: dict[str, Tensor],
    moments: dict[str, tuple[Tensor, Tensor]],
    step_counts: Tensor,
    camera: Tensor,
    tile_counts: Tensor,
    colors: Tensor,
    sums: Tensor,
    rates: dict[str, float],
    sh_degree: int,
    labels: Tensor | None = None,
) -> Tensor:
    """One Adam step of sh0 and shN in place; returns the means' gradient through the view direction, [N, 3].

    `sums` are those of `blend_backward`; `step_counts` int32 [N] counts the steps before this one. Rows where
    `tile_counts` is 0 do not change, and their gradients are undefined. With `labels` [N] shN is a palette,
    as in `Gaussians`: it gets its gradient instead of a step.
    """
    count = len(step_counts)
    if labels is not None:
        tensors["shN"].grad = torch.zeros_like(tensors["shN"])
    v_means = tensors["means"].new_empty(count, 3)
    _update_colors[(triton.cdiv(count, _UPDATE_BLOCK),)](
        tensors["means"],
        tensors["sh0"],
        tensors["shN"],
        labels,
        tensors["shN"].grad,
        *moments["sh0"],
        *moments["shN"],
        step_counts,
        camera,
        tile_counts,
        colors,
        sums,
        v_means,
        rates["sh0"],
        rates["shN"],
        count,
        tensors["shN"].shape[1],
        DEGREE=sh_degree,
        BLOCK=_UPDATE_BLOCK,
        num_warps=1,
    )
    return v_means


@triton.jit
def _view_direction(camera, mx, my, mz):
    """Unit vector from the camera to world points, and their distance."""
    x = mx - tl.load(camera + CENTER)
    y = my - tl.load(camera + CENTER + 1)
    z = mz - tl.load(camera + CENTER + 2)
    distance = tl.sqrt(x * x + y * y + z * z) + 1e-20
    return x / distance, y / distance, z / distance, distance


@triton.jit
def _v_color(colors, sums, row, channel, visible):
    """Gradient to a channel before it was clamped at 0, [n, 1]."""
    is_lit = tl.load(colors + row * _CHANNELS + channel, mask=visible, other=0.0) > 0
    return tl.load(sums + row * _SUMS + _FIRST_COLOR + channel, mask=visible & is_lit, other=0.0)[:, None]


@quick_launch
@triton.jit(do_not_specialize=["count", "rest"])
def _update_colors(
    means,
    sh0,
    shN,
    labels,
    v_shN,
    sh0_moments1,
    sh0_moments2,
    shN_moments1,
    shN_moments2,
    step_counts,
    camera,
    tile_counts,
    colors,
    sums,
    v_means,
    sh0_rate,
    shN_rate,
    count,
    rest,
    DEGREE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row, visible = visible_rows(tile_counts, count, BLOCK)
    if tl.max(visible.to(tl.int32), axis=0) == 0:
        return
    mx, my, mz = load3(means, row, visible)
    x, y, z, distance = _view_direction(camera, mx, my, mz)
    k = tl.arange(0, _BASIS)[None, :]
    used = visible[:, None] & (k < (DEGREE + 1) * (DEGREE + 1))
    shN_row = _shN_row(labels, row, visible)
    others = (shN_row[:, None] * rest + k - 1) * 3
    is_rest = used & (k > 0)
    correct1, correct2 = bias_corrections(tl.load(step_counts + row, mask=visible, other=0) + 1)
    v_basis = tl.zeros([BLOCK, _BASIS], tl.float32)
    v_red = _v_color(colors, sums, row, 0, visible)
    v_green = _v_color(colors, sums, row, 1, visible)
    v_blue = _v_color(colors, sums, row, 2, visible)
    v_basis += v_red * tl.load(shN + others, mask=is_rest, other=0.0)
    v_basis += v_green * tl.load(shN + others + 1, mask=is_rest, other=0.0)
    v_basis += v_blue * tl.load(shN + others + 2, mask=is_rest, other=0.0)
    dx, dy, dz = basis_gradients(k, x[:, None], y[:, None], z[:, None])
    vx = tl.sum(v_basis * dx, axis=1)
    vy = tl.sum(v_basis * dy, axis=1)
    vz = tl.sum(v_basis * dz, axis=1)
    along = vx * x + vy * y + vz * z
    # Slots follow the memory layout, all channels side by side: strided stores took six times as long.
    slot = tl.arange(0, _SLOTS)[None, :]
    channel = slot % 3
    v = tl.where(channel == 0, v_red, tl.where(channel == 1, v_green, v_blue))
    v = v * basis(slot // 3 + 1, x[:, None], y[:, None], z[:, None])
    stepped = visible[:, None] & (slot < 3 * (DEGREE + 1) * (DEGREE + 1) - 3)
    at = shN_row[:, None] * rest * 3 + slot
    if labels is None:
        adam(shN, shN_moments1, shN_moments2, at, v, shN_rate, correct1[:, None], correct2[:, None], stepped)
    else:
        tl.atomic_add(v_shN + at, v, mask=stepped)
    base_slot = tl.arange(0, 4)[None, :]
    v = tl.where(base_slot == 0, v_red, tl.where(base_slot == 1, v_green, v_blue)) * _C0
    adam(
        sh0, sh0_moments1, sh0_moments2, row[:, None] * 3 + base_slot, v, sh0_rate,
        correct1[:, None], correct2[:, None], visible[:, None] & (base_slot < 3),
    )  # fmt: skip
    tl.store(v_means + row * 3, (vx - along * x) / distance, mask=visible)
    tl.store(v_means + row * 3 + 1, (vy - along * y) / distance, mask=visible)
    tl.store(v_means + row * 3 + 2, (vz - along * z) / distance, mask=visible)


@triton.jit
def basis(k, x, y, z):
    """Real spherical harmonics [n, 16] of directions x, y, z [n, 1]; `k` [1, 16] numbers them."""
    xx, yy, zz = x * x, y * y, z * z
    b = tl.where(k == 0, _C0, y * -_C1)
    b = tl.where(k == 2, z * _C1, b)
    b = tl.where(k == 3, x * -_C1, b)
    b = tl.where(k == 4, x * _C2 * y, b)
    b = tl.where(k == 5, y * -_C2 * z, b)
    b = tl.where(k == 6, (2.0 * zz - xx - yy) * _C2_Z, b)
    b = tl.where(k == 7, x * -_C2 * z, b)
    b = tl.where(k == 8, (xx - yy) * _C2_XY, b)
    b = tl.where(k == 9, y * -_C3 * (3.0 * xx - yy), b)
    b = tl.where(k == 10, x * _C3_XYZ * y * z, b)
    b = tl.where(k == 11, y * -_C3_Z * (4.0 * zz - xx - yy), b)
    b = tl.where(k == 12, z * _C3_ZZ * (2.0 * zz - 3.0 * xx - 3.0 * yy), b)
    b = tl.where(k == 13, x * -_C3_Z * (4.0 * zz - xx - yy), b)
    b = tl.where(k == 14, z * _C3_XY * (xx - yy), b)
    return tl.where(k == 15, x * -_C3 * (xx - 3.0 * yy), b)


@triton.jit
def basis_gradients(k, x, y, z):
    """Derivatives of `basis` to x, y and z, as polynomials of a direction of any length."""
    xx, yy, zz = x * x, y * y, z * z
    zero = 0.0 * (x + k)
    dx = tl.where(k == 3, -_C1, zero)
    dy = tl.where(k == 1, -_C1, zero)
    dz = tl.where(k == 2, _C1, zero)
    dx = tl.where(k == 4, y * _C2, dx)
    dy = tl.where(k == 4, x * _C2, dy)
    dy = tl.where(k == 5, z * -_C2, dy)
    dz = tl.where(k == 5, y * -_C2, dz)
    dx = tl.where(k == 6, x * (-2.0 * _C2_Z), dx)
    dy = tl.where(k == 6, y * (-2.0 * _C2_Z), dy)
    dz = tl.where(k == 6, z * (4.0 * _C2_Z), dz)
    dx = tl.where(k == 7, z * -_C2, dx)
    dz = tl.where(k == 7, x * -_C2, dz)
    dx = tl.where(k == 8, x * (2.0 * _C2_XY), dx)
    dy = tl.where(k == 8, y * (-2.0 * _C2_XY), dy)
    dx = tl.where(k == 9, x * (-6.0 * _C3) * y, dx)
    dy = tl.where(k == 9, (xx - yy) * (-3.0 * _C3), dy)
    dx = tl.where(k == 10, y * _C3_XYZ * z, dx)
    dy = tl.where(k == 10, x * _C3_XYZ * z, dy)
    dz = tl.where(k == 10, x * _C3_XYZ * y, dz)
    dx = tl.where(k == 11, x * (2.0 * _C3_Z) * y, dx)
    dy = tl.where(k == 11, (4.0 * zz - xx - 3.0 * yy) * -_C3_Z, dy)
    dz = tl.where(k == 11, y * (-8.0 * _C3_Z) * z, dz)
    dx = tl.where(k == 12, x * (-6.0 * _C3_ZZ) * z, dx)
    dy = tl.where(k == 12, y * (-6.0 * _C3_ZZ) * z, dy)
    dz = tl.where(k == 12, (2.0 * zz - xx - yy) * (3.0 * _C3_ZZ), dz)
    dx = tl.where(k == 13, (4.0 * zz - 3.0 * xx - yy) * -_C3_Z, dx)
    dy = tl.where(k == 13, x * (2.0 * _C3_Z) * y, dy)
    dz = tl.where(k == 13, x * (-8.0 * _C3_Z) * z, dz)
    dx = tl.where(k == 14, x * (2.0 * _C3_XY) * z, dx)
    dy = tl.where(k == 14, y * (-2.0 * _C3_XY) * z, dy)
    dz = tl.where(k == 14, (xx - yy) * _C3_XY, dz)
    dx = tl.where(k == 15, (xx - yy) * (-3.0 * _C3), dx)
    dy = tl.where(k == 15, x * (6.0 * _C3) * y, dy)
    return dx, dy, dz
