"""Exposure compensation of a picture, and its gradient, in a pass over the picture each.

The plain twin is `components.train.corrections.exposure.expose`.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 1_024


def expose(image: Tensor, row: Tensor) -> Tensor:
    """The picture [H, W, C], C = 3 or 4, corrected by a row [6] of `Exposure`; a fourth channel is kept."""
    corrected = torch.empty_like(image)
    height, width, channels = image.shape
    count = height * width * channels
    _expose[(triton.cdiv(count, _BLOCK),)](
        image, row, corrected, count, CHANNELS=channels, BLOCK=_BLOCK, num_warps=4
    )
    return corrected


def expose_backward(image: Tensor, row: Tensor, v_image: Tensor) -> Tensor:
    """Turn the gradient to the corrected picture, in place, into that to `image`; that to the row, [6]."""
    v_row = torch.zeros_like(row)
    height, width, channels = image.shape
    _expose_backward[(triton.cdiv(height * width, _BLOCK),)](
        image, row, v_image, v_row, height * width, CHANNELS=channels, BLOCK=_BLOCK, num_warps=4
    )
    return v_row


@triton.jit(do_not_specialize=["count"])
def _expose(image, row, corrected, count, CHANNELS: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    known = at < count
    channel = at % CHANNELS
    is_color = known & (channel < 3)
    value = tl.load(image + at, mask=known, other=0.0)
    gain = tl.exp(tl.load(row + channel, mask=is_color, other=0.0))
    offset = tl.load(row + 3 + channel, mask=is_color, other=0.0)
    tl.store(corrected + at, value * gain + offset, mask=known)


@triton.jit(do_not_specialize=["count"])
def _expose_backward(image, row, v_image, v_row, count, CHANNELS: tl.constexpr, BLOCK: tl.constexpr):
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    known = pixel < count
    for channel in tl.static_range(3):
        at = pixel * CHANNELS + channel
        gain = tl.exp(tl.load(row + channel))
        v = tl.load(v_image + at, mask=known, other=0.0)
        scaled = v * gain
        tl.store(v_image + at, scaled, mask=known)
        tl.atomic_add(v_row + channel, tl.sum(scaled * tl.load(image + at, mask=known, other=0.0)))
        tl.atomic_add(v_row + 3 + channel, tl.sum(v))
