"""Adam for those that were seen: moments and step counts of culled Gaussians stand still.

Each Gaussian counts its own steps, so that the correction of the young moments' bias is right for all
(gsplat's SelectiveAdam has none). The plain twin is `plain_adam`.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

BETA1, BETA2, EPS = 0.9, 0.999, 1e-15
_BETA1, _BETA2, _EPS = tl.constexpr(BETA1), tl.constexpr(BETA2), tl.constexpr(EPS)
_LOG_BETA1, _LOG_BETA2 = tl.constexpr(math.log(BETA1)), tl.constexpr(math.log(BETA2))


@triton.jit
def corrections(age):
    """Factors of both moments after `age` steps."""
    age = age.to(tl.float32)
    return 1.0 / (1.0 - tl.exp(age * _LOG_BETA1)), 1.0 / (1.0 - tl.exp(age * _LOG_BETA2))


@triton.jit
def adam(values, moments1, moments2, at, gradient, rate, correct1, correct2, seen):
    """Update the elements at `at` in place where `seen`."""
    first = tl.load(moments1 + at, mask=seen, other=0.0) * _BETA1 + gradient * (1.0 - _BETA1)
    second = tl.load(moments2 + at, mask=seen, other=0.0) * _BETA2 + gradient * (1.0 - _BETA2) * gradient
    tl.store(moments1 + at, first, mask=seen)
    tl.store(moments2 + at, second, mask=seen)
    change = rate * first * correct1 / (tl.sqrt(second * correct2) + _EPS)
    tl.store(values + at, tl.load(values + at, mask=seen, other=0.0) - change, mask=seen)


@torch.no_grad()
def plain_adam(
    values: Tensor,
    moments1: Tensor,
    moments2: Tensor,
    ages: Tensor,
    gradient: Tensor,
    rate: float,
    seen: Tensor,
) -> None:
    """The same in plain torch: rows of [N, …]; `ages` [N] already count this step; `seen` [N]."""
    shape = (-1,) + (1,) * (values.dim() - 1)
    moments1[seen] = BETA1 * moments1[seen] + (1 - BETA1) * gradient[seen]
    moments2[seen] = BETA2 * moments2[seen] + (1 - BETA2) * gradient[seen].square()
    age = ages[seen].to(values.dtype).reshape(shape)
    first = moments1[seen] / (1 - BETA1**age)
    second = moments2[seen] / (1 - BETA2**age)
    values[seen] -= rate * first / (second.sqrt() + EPS)
