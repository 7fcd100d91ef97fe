"""MCMC noise on the means, in one pass over the Gaussians. `strategies.noise` has the same in torch."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from components.train.model.gaussians import MIN_OPACITY, NOISE_GATE_STEEPNESS
from components.train.steps.fused.launch import quick_launch
from components.train.steps.fused.projection import load3, load_quaternion

_BLOCK = 128
_MIN_OPACITY, _STEEPNESS = tl.constexpr(MIN_OPACITY), tl.constexpr(NOISE_GATE_STEEPNESS)


def perturb_means(tensors: dict[str, Tensor], noise: Tensor, strength: float) -> None:
    """Add normal `noise` [N, 3] times covariance, `strength` and opacity gate to the means, in place."""
    count = len(noise)
    names = ("means", "quats", "scales", "opacities")
    _perturb_means[(triton.cdiv(count, _BLOCK),)](
        *(tensors[name] for name in names), noise, strength, count, BLOCK=_BLOCK, num_warps=4
    )


@quick_launch
@triton.jit(do_not_specialize=["count"])
def _perturb_means(means, quats, scales, opacities, noise, strength, count, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    in_range = i < count
    opacity = tl.sigmoid(tl.load(opacities + i, mask=in_range, other=0.0))
    gated = strength * tl.sigmoid((opacity - _MIN_OPACITY) * -_STEEPNESS)
    s0, s1, s2 = load3(scales, i, in_range)
    x, y, z = load3(noise, i, in_range)
    x, y, z = gated * tl.exp(2.0 * s0) * x, gated * tl.exp(2.0 * s1) * y, gated * tl.exp(2.0 * s2) * z

    w, qx, qy, qz, _ = load_quaternion(quats, i, in_range)
    across_x, across_y, across_z = _cross(qx, qy, qz, x, y, z)
    along_x, along_y, along_z = _cross(qx, qy, qz, across_x, across_y, across_z)
    _add(means + i * 3, x + 2.0 * (w * across_x + along_x), in_range)
    _add(means + i * 3 + 1, y + 2.0 * (w * across_y + along_y), in_range)
    _add(means + i * 3 + 2, z + 2.0 * (w * across_z + along_z), in_range)


@triton.jit
def _cross(ax, ay, az, bx, by, bz):
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


@triton.jit
def _add(at, value, in_range):
    tl.store(at, tl.load(at, mask=in_range, other=0.0) + value, mask=in_range)
