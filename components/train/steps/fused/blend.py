"""Ellipses -> a picture, and a picture's gradient back to ellipses: one program per tile, in own kernels.

Both passes go through a tile's list from near to far, a handful of Gaussians times all pixels at once: what
lies before a Gaussian is a product along the list, and sums over the pixels are products of small matrices,
which tensor cores do. The way back needs nothing stored: the colour behind a Gaussian is the picture's less
what was drawn up to it.
"""

from __future__ import annotations

import math

import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import ALPHA_MAX, ALPHA_MIN, TRANSMITTANCE_MIN
from components.train.steps.fused.ellipse import COLUMNS, Ellipses
from components.train.steps.fused.tiles import TILE_PX

CHANNELS, SUMS, FIRST_COLOR = 4, 16, 6
_FIRST_COLOR = tl.constexpr(FIRST_COLOR)
_SUMS, _COLUMNS, _CHANNELS = tl.constexpr(SUMS), tl.constexpr(COLUMNS), tl.constexpr(CHANNELS)
_TILE, _PIXELS = tl.constexpr(TILE_PX), tl.constexpr(TILE_PX**2)
_ALPHA_MAX, _POWER_MIN = tl.constexpr(ALPHA_MAX), tl.constexpr(math.log2(ALPHA_MIN))
_NOTHING = tl.constexpr(-1e30)
_CLEAR_MIN = tl.constexpr(TRANSMITTANCE_MIN)
_BLOCK, _WARPS = 32, 1
_BACKWARD_BLOCK, _BACKWARD_WARPS = 32, 2


def blend(
    ellipses: Ellipses, colors: Tensor, offsets: Tensor, ids: Tensor, width: int, height: int
) -> Tensor:
    """[H, W, 4]: the picture over black, and how much would be seen of what is behind all.

    `colors` [N, 4], of which three are used; `offsets` and `ids` are those of `sort_into_tiles`.
    """
    image = colors.new_empty(height, width, CHANNELS)
    _blend[(len(offsets) - 1,)](
        ellipses.table, colors, offsets, ids, image, width, height, BLOCK=_BLOCK, num_warps=_WARPS
    )
    return image


def blend_backward(
    ellipses: Ellipses, colors: Tensor, offsets: Tensor, ids: Tensor, image: Tensor, v_image: Tensor
) -> Tensor:
    """Sums over all pixels for each Gaussian, [N, 16], from a gradient to the picture, [H, W, 4].

    Pulls are gradients to the logarithm of the opacity at a pixel. Columns: pulls; pulls times the pixel's
    distance from the Gaussian in x, y, xx, xy, yy; shares in the picture times the four channels of `v_image`
    (the fourth belongs to no colour and pulls at nothing); the rest is not used.
    """
    height, width = image.shape[:2]
    sums = colors.new_zeros(len(colors), SUMS)
    _blend_backward[(len(offsets) - 1,)](
        ellipses.table,
        colors,
        offsets,
        ids,
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
    """Places of a tile's pixels from its centre, the centre, and which of them the image has."""
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
def _four(rows, at, listed, BLOCK: tl.constexpr):
    """Four neighbours of each row: read at once, they cost a quarter."""
    values = tl.load(rows + at[:, None] + tl.arange(0, 4)[None, :], mask=listed[:, None], other=0.0)
    even, odd = tl.split(tl.reshape(values, [BLOCK, 2, 2]))
    first, third = tl.split(even)
    second, fourth = tl.split(odd)
    return first, second, third, fourth


@triton.jit
def _cover(table, i, listed, x, y, middle_x, middle_y, clear, BLOCK: tl.constexpr):
    """Place of Gaussians from the tile's centre; of Gaussians times pixels: opacity as drawn, 0 where not,
    what is clear behind each if it is drawn, and 1 / (1 - opacity); of pixels: what is clear behind all."""
    u, v, peak, _ = _four(table, i * _COLUMNS, listed, BLOCK)
    a, b, c, _ = _four(table, i * _COLUMNS + 4, listed, BLOCK)
    u, v, peak = u - middle_x, v - middle_y, tl.where(listed, peak, _NOTHING)
    dx = x[None, :] - u[:, None]
    dy = y[None, :] - v[:, None]
    power = dx * (a[:, None] * dx + b[:, None] * dy) + (c[:, None] * dy * dy + peak[:, None])
    alpha = tl.where(power >= _POWER_MIN, tl.minimum(tl.exp2(power), _ALPHA_MAX), 0.0)
    row = tl.arange(0, BLOCK)[:, None]
    passed = tl.where(row == 0, (1.0 - alpha) * clear[None, :], 1.0 - alpha)
    after = tl.cumprod(passed, axis=0)
    # Who would leave nearly nothing clear ends the pixel, undrawn; products only fall, so all behind end too.
    alpha = tl.where(after > _CLEAR_MIN, alpha, 0.0)
    clear = tl.sum(tl.where(row == BLOCK - 1, after, 0.0), axis=0)
    # The square of a reciprocal root: a division takes several times as long.
    root = tl.rsqrt(1.0 - alpha)
    return u, v, alpha, after, root * root, tl.where(clear > _CLEAR_MIN, clear, 0.0)


@triton.jit(do_not_specialize=["height", "width"])
def _blend(
    table,
    colors,
    offsets,
    ids,
    image,
    width,
    height,
    BLOCK: tl.constexpr,
):
    at = tl.load(offsets + tl.program_id(0))
    end = tl.load(offsets + tl.program_id(0) + 1)
    x, y, middle_x, middle_y, pixel, inside = _pixels(width, height)
    clear = tl.where(inside, 1.0, 0.0)
    red, green, blue, covered = tl.zeros_like(x), tl.zeros_like(x), tl.zeros_like(x), tl.zeros_like(x)
    while (at < end) & (tl.max(clear, axis=0) > 0.0):
        k = at + tl.arange(0, BLOCK)
        listed = k < end
        i = tl.load(ids + k, mask=listed, other=0)
        _, _, alpha, after, inverse, clear = _cover(table, i, listed, x, y, middle_x, middle_y, clear, BLOCK)
        share = alpha * inverse * after
        r, g, b, _ = _four(colors, i * _CHANNELS, listed, BLOCK)
        red += tl.sum(share * r[:, None], axis=0)
        green += tl.sum(share * g[:, None], axis=0)
        blue += tl.sum(share * b[:, None], axis=0)
        covered += tl.sum(share, axis=0)
        at += BLOCK
    tl.store(image + pixel * _CHANNELS, red, mask=inside)
    tl.store(image + pixel * _CHANNELS + 1, green, mask=inside)
    tl.store(image + pixel * _CHANNELS + 2, blue, mask=inside)
    tl.store(image + pixel * _CHANNELS + 3, 1.0 - covered, mask=inside)


@triton.jit(do_not_specialize=["height", "width"])
def _blend_backward(
    table,
    colors,
    offsets,
    ids,
    image,
    v_image,
    sums,
    width,
    height,
    BLOCK: tl.constexpr,
):
    at = tl.load(offsets + tl.program_id(0))
    end = tl.load(offsets + tl.program_id(0) + 1)
    x, y, middle_x, middle_y, pixel, inside = _pixels(width, height)
    v_red = tl.load(v_image + pixel * _CHANNELS, mask=inside, other=0.0)
    v_green = tl.load(v_image + pixel * _CHANNELS + 1, mask=inside, other=0.0)
    v_blue = tl.load(v_image + pixel * _CHANNELS + 2, mask=inside, other=0.0)
    behind = v_red * tl.load(image + pixel * _CHANNELS, mask=inside, other=0.0)
    behind += v_green * tl.load(image + pixel * _CHANNELS + 1, mask=inside, other=0.0)
    behind += v_blue * tl.load(image + pixel * _CHANNELS + 2, mask=inside, other=0.0)
    column = tl.arange(0, _SUMS)[None, :]
    of_pull = _moments(column, x[:, None], y[:, None])
    of_share = tl.load(
        v_image + pixel[:, None] * _CHANNELS + column - _FIRST_COLOR,
        mask=inside[:, None] & (column >= _FIRST_COLOR) & (column < _FIRST_COLOR + _CHANNELS),
        other=0.0,
    )
    clear = tl.where(inside, 1.0, 0.0)
    while (at < end) & (tl.max(clear, axis=0) > 0.0):
        k = at + tl.arange(0, BLOCK)
        listed = k < end
        i = tl.load(ids + k, mask=listed, other=0)
        u, v, alpha, after, inverse, clear = _cover(table, i, listed, x, y, middle_x, middle_y, clear, BLOCK)
        r, g, b, _ = _four(colors, i * _CHANNELS, listed, BLOCK)
        value = r[:, None] * v_red[None, :] + g[:, None] * v_green[None, :] + b[:, None] * v_blue[None, :]
        ratio = alpha * inverse
        share = ratio * after
        own = share * value
        rest = behind[None, :] - tl.cumsum(own, axis=0)
        behind = tl.sum(tl.where(tl.arange(0, BLOCK)[:, None] == BLOCK - 1, rest, 0.0), axis=0)
        pull = tl.where(alpha < _ALPHA_MAX, own - rest * ratio, 0.0)
        gathered = tl.dot(pull, of_pull, input_precision="tf32")
        gathered = tl.dot(share, of_share, gathered, input_precision="tf32")
        tl.atomic_add(
            sums + i[:, None] * _SUMS + column,
            _about(gathered, column, u[:, None], v[:, None]),
            mask=listed[:, None] & (column < _FIRST_COLOR + _CHANNELS),
            sem="relaxed",
        )
        at += BLOCK


@triton.jit
def _moments(column, x, y):
    """1, x, y, xx, xy, yy, and nothing."""
    moments = tl.where(column == 0, 1.0, tl.where(column == 1, x, 0.0))
    moments = tl.where(column == 2, y, tl.where(column == 3, x * x, moments))
    return tl.where(column == 4, x * y, tl.where(column == 5, y * y, moments))


@triton.jit
def _about(sums, column, u, v):
    """Moments about the Gaussian's place, from those about the tile's centre."""
    whole = tl.sum(tl.where(column == 0, sums, 0.0), axis=1)[:, None]
    along_x = tl.sum(tl.where(column == 1, sums, 0.0), axis=1)[:, None]
    along_y = tl.sum(tl.where(column == 2, sums, 0.0), axis=1)[:, None]
    shift = tl.where(column == 1, -u * whole, tl.where(column == 2, -v * whole, 0.0))
    shift = tl.where(column == 3, u * (u * whole - 2.0 * along_x), shift)
    shift = tl.where(column == 4, u * v * whole - u * along_y - v * along_x, shift)
    return sums + tl.where(column == 5, v * (v * whole - 2.0 * along_y), shift)
