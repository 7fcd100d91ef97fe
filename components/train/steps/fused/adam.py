"""Selective Adam: parameters, moments and step counts of culled Gaussians stay as they are.

Each Gaussian counts its own steps, so that the bias correction is exact for all (gsplat's SelectiveAdam has
none).
"""

from __future__ import annotations

import math

import triton
import triton.language as tl

BETA1, BETA2, EPS = 0.9, 0.999, 1e-15
_BETA1, _BETA2, _EPS = tl.constexpr(BETA1), tl.constexpr(BETA2), tl.constexpr(EPS)
_LOG_BETA1, _LOG_BETA2 = tl.constexpr(math.log(BETA1)), tl.constexpr(math.log(BETA2))


@triton.jit
def visible_rows(tile_counts, count, BLOCK: tl.constexpr):
    """Rows of this program, and which of them are visible Gaussians."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    return i, (i < count) & (tl.load(tile_counts + i, mask=i < count, other=0) > 0)


@triton.jit
def bias_corrections(step_count):
    """Factors that correct the bias of Adam's first and second moment after `step_count` steps."""
    step_count = step_count.to(tl.float32)
    return 1.0 / (1.0 - tl.exp(step_count * _LOG_BETA1)), 1.0 / (1.0 - tl.exp(step_count * _LOG_BETA2))


@triton.jit
def adam(values, moments1, moments2, at, gradient, rate, correct1, correct2, visible):
    """One Adam step of the elements at `at`, in place, where `visible`."""
    first = tl.load(moments1 + at, mask=visible, other=0.0) * _BETA1 + gradient * (1.0 - _BETA1)
    second = tl.load(moments2 + at, mask=visible, other=0.0) * _BETA2 + gradient * (1.0 - _BETA2) * gradient
    tl.store(moments1 + at, first, mask=visible)
    tl.store(moments2 + at, second, mask=visible)
    change = rate * first * correct1 / (tl.sqrt(second * correct2) + _EPS)
    tl.store(values + at, tl.load(values + at, mask=visible, other=0.0) - change, mask=visible)


@triton.jit
def adam3(values, moments1, moments2, i, vx, vy, vz, rate, correct1, correct2, visible):
    """`adam` for the three columns of rows [N, 3]."""
    adam(values, moments1, moments2, i * 3, vx, rate, correct1, correct2, visible)
    adam(values, moments1, moments2, i * 3 + 1, vy, rate, correct1, correct2, visible)
    adam(values, moments1, moments2, i * 3 + 2, vz, rate, correct1, correct2, visible)


@triton.jit
def adam4(values, moments1, moments2, i, vw, vx, vy, vz, rate, correct1, correct2, visible):
    """`adam` for the four columns of rows [N, 4]."""
    adam(values, moments1, moments2, i * 4, vw, rate, correct1, correct2, visible)
    adam(values, moments1, moments2, i * 4 + 1, vx, rate, correct1, correct2, visible)
    adam(values, moments1, moments2, i * 4 + 2, vy, rate, correct1, correct2, visible)
    adam(values, moments1, moments2, i * 4 + 3, vz, rate, correct1, correct2, visible)
