"""Ellipses -> an image, and gradients of the image back to ellipses: one program per tile, in own kernels.

Both passes go through a tile's list from near to far, a block of Gaussians times all pixels at once: the
transmittance is a product along the list, and sums over the pixels are products of small matrices, which
tensor cores compute. The backward pass needs nothing stored: the colour behind a Gaussian is the rendered
colour less what was composited up to it.
"""

from __future__ import annotations

import math

import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import ALPHA_MAX, ALPHA_MIN, TRANSMITTANCE_MIN
from components.train.steps.fused.launch import quick_launch
from components.train.steps.fused.projection import COLUMNS, TILE_PX, Ellipses

CHANNELS, SUMS, FIRST_COLOR = 4, 16, 6
_FIRST_COLOR = tl.constexpr(FIRST_COLOR)
_SUMS, _COLUMNS, _CHANNELS = tl.constexpr(SUMS), tl.constexpr(COLUMNS), tl.constexpr(CHANNELS)
_TILE, _PIXELS = tl.constexpr(TILE_PX), tl.constexpr(TILE_PX**2)
_ALPHA_MAX, _POWER_MIN = tl.constexpr(ALPHA_MAX), tl.constexpr(math.log2(ALPHA_MIN))
_LOG2_ZERO = tl.constexpr(-1e30)
_TRANSMITTANCE_MIN = tl.constexpr(TRANSMITTANCE_MIN)
_BLOCK, _WARPS = 32, 1
_BACKWARD_BLOCK, _BACKWARD_WARPS = 32, 2


def blend(
    ellipses: Ellipses, colors: Tensor, isect_offsets: Tensor, gaussian_ids: Tensor, width: int, height: int
) -> Tensor:
    """Composite over black, float32 [H, W, 4]: colour, and the transmittance behind all Gaussians.

    `colors` [N, 4], of which three are used; `isect_offsets` and `gaussian_ids` are those of
    `intersect_tiles`.
    """
    image = colors.new_empty(height, width, CHANNELS)
    _blend[(len(isect_offsets) - 1,)](
        *(ellipses.table, colors, isect_offsets, gaussian_ids, image, width, height),
        BLOCK=_BLOCK,
        num_warps=_WARPS,
    )
    return image


def blend_backward(
    ellipses: Ellipses,
    colors: Tensor,
    isect_offsets: Tensor,
    gaussian_ids: Tensor,
    image: Tensor,
    v_image: Tensor,
) -> Tensor:
    """Sums over all pixels for each Gaussian, float32 [N, 16], from the gradient to `image`, [H, W, 4].

    With v the gradient to the log of alpha at a pixel, and dx, dy the pixel's offset from the centre:
    column 0 is Σ v; 1, 2 are Σ v dx, Σ v dy; 3, 4, 5 are Σ v dx², Σ v dx dy, Σ v dy²; 6 to 9 are Σ weight
    times the four channels of `v_image`, weight being alpha times transmittance. The fourth channel belongs
    to no colour and does not enter v. Columns 10 to 15 are unused.
    """
    height, width = image.shape[:2]
    sums = colors.new_zeros(len(colors), SUMS)
    _blend_backward[(len(isect_offsets) - 1,)](
        ellipses.table,
        colors,
        isect_offsets,
        gaussian_ids,
        image,
        v_image,
        sums,
        width,
        height,
        BLOCK=_BACKWARD_BLOCK,
        num_warps=_BACKWARD_WARPS,
    )
    return sums


@triton.jit
def _pixels(width, height):
    """The tile's pixels: x, y from its centre in px, the centre, index in the image, and which are in it."""
    columns = tl.cdiv(width, _TILE)
    left = tl.program_id(0) % columns * _TILE
    top = tl.program_id(0) // columns * _TILE
    pixel = tl.arange(0, _PIXELS)
    column, row = left + pixel % _TILE, top + pixel // _TILE
    x = (pixel % _TILE).to(tl.float32) + 0.5 - _TILE / 2
    y = (pixel // _TILE).to(tl.float32) + 0.5 - _TILE / 2
    inside = (column < width) & (row < height)
    return x, y, left + _TILE / 2, top + _TILE / 2, row * width + column, inside


@triton.jit
def _load4(rows, at, mask, BLOCK: tl.constexpr):
    """Four neighbours of each row: one vector load costs a quarter of four."""
    values = tl.load(rows + at[:, None] + tl.arange(0, 4)[None, :], mask=mask[:, None], other=0.0)
    even, odd = tl.split(tl.reshape(values, [BLOCK, 2, 2]))
    first, third = tl.split(even)
    second, fourth = tl.split(odd)
    return first, second, third, fourth


@triton.jit
def _alphas(table, i, valid, x, y, center_x, center_y, transmittance, BLOCK: tl.constexpr):
    """Alpha compositing of a block of G Gaussians, near to far, over the P pixels of a tile.

    `transmittance` [P] is that before the block. Returns:
        u, v [G]: the Gaussian's centre from the tile's centre, px.
        alpha [G, P]: 0 where the Gaussian is not composited.
        transmittance_after [G, P]: behind each Gaussian, if it is composited.
        inverse [G, P]: 1 / (1 - alpha).
        transmittance [P]: behind the block, 0 where the pixel has ended.
    """
    u, v, log_opacity, _ = _load4(table, i * _COLUMNS, valid, BLOCK)
    a, b, c, _ = _load4(table, i * _COLUMNS + 4, valid, BLOCK)
    u, v, log_opacity = u - center_x, v - center_y, tl.where(valid, log_opacity, _LOG2_ZERO)
    dx = x[None, :] - u[:, None]
    dy = y[None, :] - v[:, None]
    power = dx * (a[:, None] * dx + b[:, None] * dy) + (c[:, None] * dy * dy + log_opacity[:, None])
    alpha = tl.where(power >= _POWER_MIN, tl.minimum(tl.exp2(power), _ALPHA_MAX), 0.0)
    row = tl.arange(0, BLOCK)[:, None]
    factor = tl.where(row == 0, (1.0 - alpha) * transmittance[None, :], 1.0 - alpha)
    transmittance_after = tl.cumprod(factor, axis=0)
    # A Gaussian that would leave nearly no transmittance ends the pixel and is not composited; products only
    # fall, so that all Gaussians behind it end too.
    alpha = tl.where(transmittance_after > _TRANSMITTANCE_MIN, alpha, 0.0)
    last = tl.sum(tl.where(row == BLOCK - 1, transmittance_after, 0.0), axis=0)
    # The square of a reciprocal root: a division takes several times as long.
    root = tl.rsqrt(1.0 - alpha)
    return u, v, alpha, transmittance_after, root * root, tl.where(last > _TRANSMITTANCE_MIN, last, 0.0)


@quick_launch
@triton.jit(do_not_specialize=["height", "width"])
def _blend(
    table,
    colors,
    isect_offsets,
    gaussian_ids,
    image,
    width,
    height,
    BLOCK: tl.constexpr,
):
    at = tl.load(isect_offsets + tl.program_id(0))
    end = tl.load(isect_offsets + tl.program_id(0) + 1)
    x, y, center_x, center_y, pixel, inside = _pixels(width, height)
    transmittance = tl.where(inside, 1.0, 0.0)
    red, green, blue, opacity = tl.zeros_like(x), tl.zeros_like(x), tl.zeros_like(x), tl.zeros_like(x)
    while (at < end) & (tl.max(transmittance, axis=0) > 0.0):
        k = at + tl.arange(0, BLOCK)
        valid = k < end
        i = tl.load(gaussian_ids + k, mask=valid, other=0)
        _, _, alpha, after, inverse, transmittance = _alphas(
            table, i, valid, x, y, center_x, center_y, transmittance, BLOCK
        )
        weight = alpha * inverse * after
        r, g, b, _ = _load4(colors, i * _CHANNELS, valid, BLOCK)
        red += tl.sum(weight * r[:, None], axis=0)
        green += tl.sum(weight * g[:, None], axis=0)
        blue += tl.sum(weight * b[:, None], axis=0)
        opacity += tl.sum(weight, axis=0)
        at += BLOCK
    tl.store(image + pixel * _CHANNELS, red, mask=inside)
    tl.store(image + pixel * _CHANNELS + 1, green, mask=inside)
    tl.store(image + pixel * _CHANNELS + 2, blue, mask=inside)
    tl.store(image + pixel * _CHANNELS + 3, 1.0 - opacity, mask=inside)


@quick_launch
@triton.jit(do_not_specialize=["height", "width"])
def _blend_backward(
    table,
    colors,
    isect_offsets,
    gaussian_ids,
    image,
    v_image,
    sums,
    width,
    height,
    BLOCK: tl.constexpr,
):
    at = tl.load(isect_offsets + tl.program_id(0))
    end = tl.load(isect_offsets + tl.program_id(0) + 1)
    x, y, center_x, center_y, pixel, inside = _pixels(width, height)
    v_red = tl.load(v_image + pixel * _CHANNELS, mask=inside, other=0.0)
    v_green = tl.load(v_image + pixel * _CHANNELS + 1, mask=inside, other=0.0)
    v_blue = tl.load(v_image + pixel * _CHANNELS + 2, mask=inside, other=0.0)
    # Colours times their gradients, summed over the channels: that of the whole pixel is the finished one's.
    behind = v_red * tl.load(image + pixel * _CHANNELS, mask=inside, other=0.0)
    behind += v_green * tl.load(image + pixel * _CHANNELS + 1, mask=inside, other=0.0)
    behind += v_blue * tl.load(image + pixel * _CHANNELS + 2, mask=inside, other=0.0)
    column = tl.arange(0, _SUMS)[None, :]
    pixel_moments = _moments(column, x[:, None], y[:, None])
    v_channels = tl.load(
        v_image + pixel[:, None] * _CHANNELS + column - _FIRST_COLOR,
        mask=inside[:, None] & (column >= _FIRST_COLOR) & (column < _FIRST_COLOR + _CHANNELS),
        other=0.0,
    )
    transmittance = tl.where(inside, 1.0, 0.0)
    while (at < end) & (tl.max(transmittance, axis=0) > 0.0):
        k = at + tl.arange(0, BLOCK)
        valid = k < end
        i = tl.load(gaussian_ids + k, mask=valid, other=0)
        u, v, alpha, after, inverse, transmittance = _alphas(
            table, i, valid, x, y, center_x, center_y, transmittance, BLOCK
        )
        r, g, b, _ = _load4(colors, i * _CHANNELS, valid, BLOCK)
        value = r[:, None] * v_red[None, :] + g[:, None] * v_green[None, :] + b[:, None] * v_blue[None, :]
        ratio = alpha * inverse
        weight = ratio * after
        own = weight * value
        rest = behind[None, :] - tl.cumsum(own, axis=0)
        behind = tl.sum(tl.where(tl.arange(0, BLOCK)[:, None] == BLOCK - 1, rest, 0.0), axis=0)
        v_log_alpha = tl.where(alpha < _ALPHA_MAX, own - rest * ratio, 0.0)
        block_sums = tl.dot(v_log_alpha, pixel_moments, input_precision="tf32")
        block_sums = tl.dot(weight, v_channels, block_sums, input_precision="tf32")
        tl.atomic_add(
            sums + i[:, None] * _SUMS + column,
            _central_moments(block_sums, column, u[:, None], v[:, None]),
            mask=valid[:, None] & (column < _FIRST_COLOR + _CHANNELS),
            sem="relaxed",
        )
        at += BLOCK


@triton.jit
def _moments(column, x, y):
    """Columns 1, x, y, x², xy, y², and zeros."""
    moments = tl.where(column == 0, 1.0, tl.where(column == 1, x, 0.0))
    moments = tl.where(column == 2, y, tl.where(column == 3, x * x, moments))
    return tl.where(column == 4, x * y, tl.where(column == 5, y * y, moments))


@triton.jit
def _central_moments(sums, column, u, v):
    """Moments about the Gaussian's centre (u, v), from those about the tile's centre."""
    whole = tl.sum(tl.where(column == 0, sums, 0.0), axis=1)[:, None]
    along_x = tl.sum(tl.where(column == 1, sums, 0.0), axis=1)[:, None]
    along_y = tl.sum(tl.where(column == 2, sums, 0.0), axis=1)[:, None]
    shift = tl.where(column == 1, -u * whole, tl.where(column == 2, -v * whole, 0.0))
    shift = tl.where(column == 3, u * (u * whole - 2.0 * along_x), shift)
    shift = tl.where(column == 4, u * v * whole - u * along_y - v * along_x, shift)
    return sums + tl.where(column == 5, v * (v * whole - 2.0 * along_y), shift)
