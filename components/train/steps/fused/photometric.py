"""Exposure compensation of a rendered image, its loss (1 - λ) L1 + λ (1 - SSIM), and the gradients of both.

The loss takes four passes over the image, each exposure kernel one. Rows are read as [H, 3 W] with the
channels interleaved, so that a horizontal tap is a step of three. SSIM has zeros around the image, as in
3DGS.
`corrections.exposure` and `losses.photometric` have the same in torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.shared.image_metrics import SSIM_C1, SSIM_C2, SSIM_RADIUS_PX, SSIM_WINDOW
from components.train.steps.fused.launch import quick_launch

_RADIUS = tl.constexpr(SSIM_RADIUS_PX)
_C1, _C2 = tl.constexpr(SSIM_C1), tl.constexpr(SSIM_C2)
_BLOCK, _EXPOSURE_BLOCK = 256, 1_024


def expose(image: Tensor, row: Tensor) -> Tensor:
    """The image [H, W, C], C = 3 or 4, in the exposure `row` [6] of `Exposure`; channel 3 is kept."""
    exposed = torch.empty_like(image)
    height, width, channels = image.shape
    count = height * width * channels
    _expose[(triton.cdiv(count, _EXPOSURE_BLOCK),)](
        image, row, exposed, count, CHANNELS=channels, BLOCK=_EXPOSURE_BLOCK, num_warps=4
    )
    return exposed


def expose_backward(image: Tensor, row: Tensor, v_image: Tensor) -> Tensor:
    """Turn `v_image`, to the exposed image, into the gradient to `image` in place; returns that to `row`."""
    v_row = torch.zeros_like(row)
    height, width, channels = image.shape
    _expose_backward[(triton.cdiv(height * width, _EXPOSURE_BLOCK),)](
        image, row, v_image, v_row, height * width, CHANNELS=channels, BLOCK=_EXPOSURE_BLOCK, num_warps=4
    )
    return v_row


@dataclass(frozen=True, slots=True)
class Photometric:
    """Loss of a rendered image, and its gradient."""

    loss: Tensor
    """Scalar."""
    squared_error: Tensor
    """Scalar, mean over values clamped to [0, 1]."""
    v_image: Tensor
    """As the image. Channel 3, where the image has one, holds each pixel's mean absolute error: summed with
    blending weights it becomes each Gaussian's part of the error, and it changes no other gradient."""


def photometric(image: Tensor, target: Tensor, ssim_lambda: float, mask: Tensor | None = None) -> Photometric:
    """Loss of image float32 [H, W, C], C = 3 or 4, against target uint8 [H, W, 3].

    Where `mask`, bool [H, W, 1], is False, they count as equal: see `autograd_step.equalize_masked`.
    """
    height, width, channels = image.shape
    means = image.new_empty((5, height, 3 * width))
    derivatives = image.new_empty((2, 3, height, 3 * width))
    sums = image.new_zeros(2)
    v_image = torch.empty_like(image)
    grid = (height, triton.cdiv(3 * width, _BLOCK))
    size = (height, width, channels)
    window = _window(image.device)
    blur = {"BLOCK": _BLOCK, "num_warps": 4}
    mask = None if mask is None else mask.view(torch.uint8)
    _blur_rows[grid](image, target, mask, window, means, *size, **blur)
    _ssim[grid](means, window, derivatives[0], sums, height, width, ssim_lambda, **blur)
    _blur_derivatives[grid](derivatives[0], window, derivatives[1], height, width, **blur)
    _gradient[grid](image, target, mask, window, derivatives[1], v_image, sums, *size, ssim_lambda, **blur)
    loss, squared_error = sums.unbind()
    return Photometric(loss, squared_error, v_image)


_windows: dict[torch.device, Tensor] = {}


def _window(device: torch.device) -> Tensor:
    """Weights of the window, float32 [11], uploaded once per device."""
    if device not in _windows:
        _windows[device] = torch.tensor(SSIM_WINDOW, dtype=torch.float32, device=device)
    return _windows[device]


@triton.jit
def _pixel(image, target, mask, row, column, is_inside, width, channels):
    """Values of both at a column of [H, 3 W], equal where masked; zeros outside."""
    x = column // 3
    a = tl.load(image + (row * width + x) * channels + column - 3 * x, mask=is_inside, other=0.0)
    b = tl.load(target + row * width * 3 + column, mask=is_inside, other=0).to(tl.float32) / 255.0
    if mask is not None:
        b = tl.where(tl.load(mask + row * width + x, mask=is_inside, other=1) != 0, b, a)
    return a, b


@quick_launch
@triton.jit(do_not_specialize=["height", "width"])
def _blur_rows(image, target, mask, window, means, height, width, channels, BLOCK: tl.constexpr):
    """Horizontal means of a, b, a², b², ab."""
    row = tl.program_id(0)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mean_a = tl.zeros([BLOCK], tl.float32)
    mean_b = tl.zeros([BLOCK], tl.float32)
    mean_aa = tl.zeros([BLOCK], tl.float32)
    mean_bb = tl.zeros([BLOCK], tl.float32)
    mean_ab = tl.zeros([BLOCK], tl.float32)
    for tap in tl.static_range(2 * _RADIUS + 1):
        at = column + 3 * (tap - _RADIUS)
        a, b = _pixel(image, target, mask, row, at, (at >= 0) & (at < 3 * width), width, channels)
        weight = tl.load(window + tap)
        mean_a += weight * a
        mean_b += weight * b
        mean_aa += weight * a * a
        mean_bb += weight * b * b
        mean_ab += weight * a * b
    plane = height * width * 3
    here = means + row * width * 3 + column
    is_inside = column < 3 * width
    tl.store(here, mean_a, mask=is_inside)
    tl.store(here + plane, mean_b, mask=is_inside)
    tl.store(here + 2 * plane, mean_aa, mask=is_inside)
    tl.store(here + 3 * plane, mean_bb, mask=is_inside)
    tl.store(here + 4 * plane, mean_ab, mask=is_inside)


@quick_launch
@triton.jit(do_not_specialize=["height", "width"])
def _ssim(means, window, derivatives, sums, height, width, ssim_lambda, BLOCK: tl.constexpr):
    """SSIM's part of the loss, and each pixel's derivatives to the blurred a, a² and ab."""
    row = tl.program_id(0)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    is_inside = column < 3 * width
    plane = height * width * 3
    mean_a = tl.zeros([BLOCK], tl.float32)
    mean_b = tl.zeros([BLOCK], tl.float32)
    mean_aa = tl.zeros([BLOCK], tl.float32)
    mean_bb = tl.zeros([BLOCK], tl.float32)
    mean_ab = tl.zeros([BLOCK], tl.float32)
    for tap in tl.static_range(2 * _RADIUS + 1):
        at = row + tap - _RADIUS
        here = means + at * width * 3 + column
        in_range = is_inside & (at >= 0) & (at < height)
        weight = tl.load(window + tap)
        mean_a += weight * tl.load(here, mask=in_range, other=0.0)
        mean_b += weight * tl.load(here + plane, mask=in_range, other=0.0)
        mean_aa += weight * tl.load(here + 2 * plane, mask=in_range, other=0.0)
        mean_bb += weight * tl.load(here + 3 * plane, mask=in_range, other=0.0)
        mean_ab += weight * tl.load(here + 4 * plane, mask=in_range, other=0.0)
    luminance = mean_a * mean_a + mean_b * mean_b + _C1
    contrast = mean_aa - mean_a * mean_a + mean_bb - mean_b * mean_b + _C2
    common = 2 * mean_a * mean_b + _C1
    structure = 2 * (mean_ab - mean_a * mean_b) + _C2
    ssim = common * structure / (luminance * contrast)
    # Derivatives of SSIM to the blurred ab, a² and a.
    to_ab = 2 * common / (luminance * contrast)
    to_aa = -ssim / contrast
    to_a = 2 * mean_b * structure / (luminance * contrast) - 2 * mean_a * ssim / luminance
    to_a -= to_ab * mean_b + 2 * to_aa * mean_a
    here = derivatives + row * width * 3 + column
    tl.store(here, to_a, mask=is_inside)
    tl.store(here + plane, to_aa, mask=is_inside)
    tl.store(here + 2 * plane, to_ab, mask=is_inside)
    tl.atomic_add(sums, ssim_lambda * tl.sum(tl.where(is_inside, 1.0 - ssim, 0.0)) / plane)


@quick_launch
@triton.jit(do_not_specialize=["height", "width"])
def _blur_derivatives(derivatives, window, blurred, height, width, BLOCK: tl.constexpr):
    """Horizontal pass; the vertical one is part of `_gradient`."""
    row = tl.program_id(0)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    plane = height * width * 3
    to_a = tl.zeros([BLOCK], tl.float32)
    to_aa = tl.zeros([BLOCK], tl.float32)
    to_ab = tl.zeros([BLOCK], tl.float32)
    for tap in tl.static_range(2 * _RADIUS + 1):
        at = column + 3 * (tap - _RADIUS)
        in_range = (at >= 0) & (at < 3 * width)
        here = derivatives + row * width * 3 + at
        weight = tl.load(window + tap)
        to_a += weight * tl.load(here, mask=in_range, other=0.0)
        to_aa += weight * tl.load(here + plane, mask=in_range, other=0.0)
        to_ab += weight * tl.load(here + 2 * plane, mask=in_range, other=0.0)
    here = blurred + row * width * 3 + column
    is_inside = column < 3 * width
    tl.store(here, to_a, mask=is_inside)
    tl.store(here + plane, to_aa, mask=is_inside)
    tl.store(here + 2 * plane, to_ab, mask=is_inside)


@quick_launch
@triton.jit(do_not_specialize=["height", "width"])
def _gradient(
    image,
    target,
    mask,
    window,
    derivatives,
    v_image,
    sums,
    height,
    width,
    channels,
    ssim_lambda,
    BLOCK: tl.constexpr,
):
    row = tl.program_id(0)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    is_inside = column < 3 * width
    plane = height * width * 3
    to_a = tl.zeros([BLOCK], tl.float32)
    to_aa = tl.zeros([BLOCK], tl.float32)
    to_ab = tl.zeros([BLOCK], tl.float32)
    for tap in tl.static_range(2 * _RADIUS + 1):
        at = row + tap - _RADIUS
        in_range = is_inside & (at >= 0) & (at < height)
        here = derivatives + at * width * 3 + column
        weight = tl.load(window + tap)
        to_a += weight * tl.load(here, mask=in_range, other=0.0)
        to_aa += weight * tl.load(here + plane, mask=in_range, other=0.0)
        to_ab += weight * tl.load(here + 2 * plane, mask=in_range, other=0.0)
    a, b = _pixel(image, target, mask, row, column, is_inside, width, channels)
    difference = a - b
    sign = tl.where(difference > 0, 1.0, tl.where(difference < 0, -1.0, 0.0))
    v = (1.0 - ssim_lambda) * sign - ssim_lambda * (to_a + 2 * a * to_aa + b * to_ab)
    x = column // 3
    if mask is not None:
        v = tl.where(tl.load(mask + row * width + x, mask=is_inside, other=1) != 0, v, 0.0)
    here = v_image + (row * width + x) * channels
    tl.store(here + column - 3 * x, v / plane, mask=is_inside)
    shown = tl.minimum(tl.maximum(a, 0.0), 1.0) - b
    l1 = tl.sum(tl.where(is_inside, tl.abs(difference), 0.0)) / plane
    tl.atomic_add(sums, (1.0 - ssim_lambda) * l1)
    tl.atomic_add(sums + 1, tl.sum(tl.where(is_inside, shown * shown, 0.0)) / plane)
    is_first = is_inside & (column == 3 * x)
    if channels > 3:
        a1, b1 = _pixel(image, target, mask, row, column + 1, is_first, width, channels)
        a2, b2 = _pixel(image, target, mask, row, column + 2, is_first, width, channels)
        error = (tl.abs(difference) + tl.abs(a1 - b1) + tl.abs(a2 - b2)) / 3.0
        tl.store(here + 3, error, mask=is_first)


@quick_launch
@triton.jit(do_not_specialize=["count"])
def _expose(image, row, exposed, count, CHANNELS: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    in_range = at < count
    channel = at % CHANNELS
    is_color = in_range & (channel < 3)
    value = tl.load(image + at, mask=in_range, other=0.0)
    gain = tl.exp(tl.load(row + channel, mask=is_color, other=0.0))
    offset = tl.load(row + 3 + channel, mask=is_color, other=0.0)
    tl.store(exposed + at, value * gain + offset, mask=in_range)


@quick_launch
@triton.jit(do_not_specialize=["count"])
def _expose_backward(image, row, v_image, v_row, count, CHANNELS: tl.constexpr, BLOCK: tl.constexpr):
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    in_range = pixel < count
    for channel in tl.static_range(3):
        at = pixel * CHANNELS + channel
        gain = tl.exp(tl.load(row + channel))
        v = tl.load(v_image + at, mask=in_range, other=0.0)
        scaled = v * gain
        tl.store(v_image + at, scaled, mask=in_range)
        tl.atomic_add(v_row + channel, tl.sum(scaled * tl.load(image + at, mask=in_range, other=0.0)))
        tl.atomic_add(v_row + 3 + channel, tl.sum(v))
