"""Colours of Gaussians as the camera sees them, and one Adam step of their spherical harmonics."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from components.train.steps.fused.adam import adam, corrections
from components.train.steps.fused.blend import CHANNELS, FIRST_COLOR, SUMS
from components.train.steps.fused.camera import direction
from components.train.steps.fused.ellipse import load3, seen_rows
from components.train.steps.fused.spherical_harmonics import C0, basis, basis_slopes

_BLOCK, _UPDATE_BLOCK = 16, 2
_CHANNELS, _SUMS, _FIRST_COLOR = tl.constexpr(CHANNELS), tl.constexpr(SUMS), tl.constexpr(FIRST_COLOR)
_WIDTH = tl.constexpr(16)
_SLOTS = tl.constexpr(64)


def shade(tensors: dict[str, Tensor], camera: Tensor, tiles: Tensor, sh_degree: int) -> Tensor:
    """[N, 4], not negative, the fourth black; undefined where `tiles` is 0."""
    count = len(tiles)
    colors = tensors["means"].new_empty(count, CHANNELS)
    _shade[(triton.cdiv(count, _BLOCK),)](
        tensors["means"],
        tensors["sh0"],
        tensors["shN"],
        camera,
        tiles,
        colors,
        count,
        tensors["shN"].shape[1],
        DEGREE=sh_degree,
        BLOCK=_BLOCK,
        num_warps=1,
    )
    return colors


@triton.jit
def _coefficients(sh0, shN, i, k, rest, seen):
    """Where the coefficients of the red channel lie: those of degree 0, and the others."""
    is_base = seen & (k == 0)
    is_rest = seen & (k > 0)
    return i * 3 + 0 * k, (i * rest + k - 1) * 3, is_base, is_rest


@triton.jit(do_not_specialize=["count", "rest"])
def _shade(
    means,
    sh0,
    shN,
    camera,
    tiles,
    colors,
    count,
    rest,
    DEGREE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row, seen = seen_rows(tiles, count, BLOCK)
    if tl.max(seen.to(tl.int32), axis=0) == 0:
        return
    mx, my, mz = load3(means, row, seen)
    x, y, z, _ = direction(camera, mx, my, mz)
    k = tl.arange(0, _WIDTH)[None, :]
    used = seen[:, None] & (k < (DEGREE + 1) * (DEGREE + 1))
    b = tl.where(used, basis(k, x[:, None], y[:, None], z[:, None]), 0.0)
    base, others, is_base, is_rest = _coefficients(sh0, shN, row[:, None], k, rest, used)
    for channel in tl.static_range(3):
        sh = tl.load(sh0 + base + channel, mask=is_base, other=0.0)
        sh += tl.load(shN + others + channel, mask=is_rest, other=0.0)
        value = tl.sum(b * sh, axis=1) + 0.5
        # Not maximum(): NaN must reach the image, where training finds it.
        tl.store(colors + row * _CHANNELS + channel, tl.where(value < 0.0, 0.0, value), mask=seen)
    tl.store(colors + row * _CHANNELS + 3, tl.zeros([BLOCK], tl.float32), mask=seen)


def update_colors(
    tensors: dict[str, Tensor],
    moments: dict[str, tuple[Tensor, Tensor]],
    ages: Tensor,
    camera: Tensor,
    tiles: Tensor,
    colors: Tensor,
    sums: Tensor,
    rates: dict[str, float],
    sh_degree: int,
) -> Tensor:
    """Step sh0 and shN in place; return the gradient to the means through the view direction, [N, 3].

    `sums` are those of `blend_backward`; `ages` [N] counts the steps before this one. Where `tiles` is 0
    nothing changes and nothing is returned.
    """
    count = len(ages)
    v_means = tensors["means"].new_empty(count, 3)
    _update_colors[(triton.cdiv(count, _UPDATE_BLOCK),)](
        tensors["means"],
        tensors["sh0"],
        tensors["shN"],
        *moments["sh0"],
        *moments["shN"],
        ages,
        camera,
        tiles,
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
def _v_color(colors, sums, row, channel, seen):
    """Gradient to a channel before it was kept from being negative, [n, 1]."""
    is_lit = tl.load(colors + row * _CHANNELS + channel, mask=seen, other=0.0) > 0
    return tl.load(sums + row * _SUMS + _FIRST_COLOR + channel, mask=seen & is_lit, other=0.0)[:, None]


@triton.jit(do_not_specialize=["count", "rest"])
def _update_colors(
    means,
    sh0,
    shN,
    sh0_moments1,
    sh0_moments2,
    shN_moments1,
    shN_moments2,
    ages,
    camera,
    tiles,
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
    row, seen = seen_rows(tiles, count, BLOCK)
    if tl.max(seen.to(tl.int32), axis=0) == 0:
        return
    mx, my, mz = load3(means, row, seen)
    x, y, z, distance = direction(camera, mx, my, mz)
    k = tl.arange(0, _WIDTH)[None, :]
    used = seen[:, None] & (k < (DEGREE + 1) * (DEGREE + 1))
    others = (row[:, None] * rest + k - 1) * 3
    is_rest = used & (k > 0)
    correct1, correct2 = corrections(tl.load(ages + row, mask=seen, other=0) + 1)
    v_basis = tl.zeros([BLOCK, _WIDTH], tl.float32)
    v_red = _v_color(colors, sums, row, 0, seen)
    v_green = _v_color(colors, sums, row, 1, seen)
    v_blue = _v_color(colors, sums, row, 2, seen)
    v_basis += v_red * tl.load(shN + others, mask=is_rest, other=0.0)
    v_basis += v_green * tl.load(shN + others + 1, mask=is_rest, other=0.0)
    v_basis += v_blue * tl.load(shN + others + 2, mask=is_rest, other=0.0)
    dx, dy, dz = basis_slopes(k, x[:, None], y[:, None], z[:, None])
    vx = tl.sum(v_basis * dx, axis=1)
    vy = tl.sum(v_basis * dy, axis=1)
    vz = tl.sum(v_basis * dz, axis=1)
    along = vx * x + vy * y + vz * z
    # Stored as it lies in memory, all channels side by side: strided stores took six times as long.
    slot = tl.arange(0, _SLOTS)[None, :]
    channel = slot % 3
    v = tl.where(channel == 0, v_red, tl.where(channel == 1, v_green, v_blue))
    v = v * basis(slot // 3 + 1, x[:, None], y[:, None], z[:, None])
    stepped = seen[:, None] & (slot < 3 * (DEGREE + 1) * (DEGREE + 1) - 3)
    adam(
        shN, shN_moments1, shN_moments2, row[:, None] * rest * 3 + slot, v, shN_rate,
        correct1[:, None], correct2[:, None], stepped,
    )  # fmt: skip
    base_slot = tl.arange(0, 4)[None, :]
    v = tl.where(base_slot == 0, v_red, tl.where(base_slot == 1, v_green, v_blue)) * C0
    adam(
        sh0, sh0_moments1, sh0_moments2, row[:, None] * 3 + base_slot, v, sh0_rate,
        correct1[:, None], correct2[:, None], seen[:, None] & (base_slot < 3),
    )  # fmt: skip
    tl.store(v_means + row * 3, (vx - along * x) / distance, mask=seen)
    tl.store(v_means + row * 3 + 1, (vy - along * y) / distance, mask=seen)
    tl.store(v_means + row * 3 + 2, (vz - along * z) / distance, mask=seen)
