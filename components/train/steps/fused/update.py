"""Gradients to ellipses -> one Adam step of the Gaussians' geometry, without storing gradients between."""

from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

from components.train.model.densification_stats import Evidence
from components.train.steps.fused.adam import adam, corrections
from components.train.steps.fused.blend import FIRST_COLOR, SUMS
from components.train.steps.fused.camera import slopes, to_camera, to_world
from components.train.steps.fused.ellipse import (
    Ellipses,
    axes_in_camera,
    load3,
    load_ellipse,
    load_quaternion,
    on_image,
    seen_rows,
)

_BLOCK = 128
_SUMS, _ERROR = tl.constexpr(SUMS), tl.constexpr(FIRST_COLOR + 3)


@dataclass(frozen=True, slots=True)
class Pulls:
    """Gradients that do not come from the picture: of the sum of all widths, and of all opacities."""

    width: float = 0.0
    opacity: float = 0.0


def update(
    tensors: dict[str, Tensor],
    moments: dict[str, tuple[Tensor, Tensor]],
    ages: Tensor,
    camera: Tensor,
    ellipses: Ellipses,
    sums: Tensor,
    v_means: Tensor,
    rates: dict[str, float],
    pulls: Pulls,
    evidence: Evidence | None,
) -> None:
    """Step means, quats, scales and opacities in place, count the step in `ages`, add to `evidence`.

    `sums` are those of `blend_backward`; `v_means` is the gradient that came through the colours, [N, 3].
    """
    names = ("means", "quats", "scales", "opacities")
    count = len(ages)
    _update[(triton.cdiv(count, _BLOCK),)](
        *(tensors[name] for name in names),
        *(moment for name in names for moment in moments[name]),
        ages,
        camera,
        ellipses.tiles,
        ellipses.table,
        sums,
        v_means,
        evidence and evidence.pulls,
        evidence and evidence.errors,
        *(rates[name] for name in names),
        pulls.width,
        pulls.opacity,
        count,
        BLOCK=_BLOCK,
        num_warps=4,
    )


@triton.jit(do_not_specialize=["count"])
def _update(
    means,
    quats,
    scales,
    opacities,
    means_moments1,
    means_moments2,
    quats_moments1,
    quats_moments2,
    scales_moments1,
    scales_moments2,
    opacities_moments1,
    opacities_moments2,
    ages,
    camera,
    tiles,
    table,
    sums,
    v_means,
    pull_sums,
    error_sums,
    means_rate,
    quats_rate,
    scales_rate,
    opacities_rate,
    width_pull,
    opacity_pull,
    count,
    BLOCK: tl.constexpr,
):
    i, seen = seen_rows(tiles, count, BLOCK)
    if tl.max(seen.to(tl.int32), axis=0) == 0:
        return
    age = tl.load(ages + i, mask=seen, other=0) + 1
    tl.store(ages + i, age, mask=seen)
    correct1, correct2 = corrections(age)

    mx, my, mz = load3(means, i, seen)
    x, y, z = to_camera(camera, mx, my, mz)
    z = tl.where(seen, z, 1.0)
    sx, sy = slopes(camera, x, y, z)
    kx = tl.load(camera + 15) / z
    ky = tl.load(camera + 16) / z
    w, qx, qy, qz, length = load_quaternion(quats, i, seen)
    ax, ay, az, bx, by, bz, cx, cy, cz = axes_in_camera(camera, w, qx, qy, qz)
    s0, s1, s2 = load3(scales, i, seen)
    s0, s1, s2 = tl.exp(s0), tl.exp(s1), tl.exp(s2)

    _, _, peak, a, b, c = load_ellipse(table, i, seen)
    pull, gx, gy, xx, xy, yy = _ellipse_gradient(sums + i * _SUMS, a, b, c, seen)
    va, vax, vay, vaz, jx0, jz0, jy0, kz0 = _axis_gradient(kx, ky, sx, sy, s0, ax, ay, az, xx, xy, yy)
    vb, vbx, vby, vbz, jx1, jz1, jy1, kz1 = _axis_gradient(kx, ky, sx, sy, s1, bx, by, bz, xx, xy, yy)
    vc, vcx, vcy, vcz, jx2, jz2, jy2, kz2 = _axis_gradient(kx, ky, sx, sy, s2, cx, cy, cz, xx, xy, yy)

    v_j00, v_j02, v_j11, v_j12 = jx0 + jx1 + jx2, jz0 + jz1 + jz2, jy0 + jy1 + jy2, kz0 + kz1 + kz2
    vx, vy, vz = _place_gradient(x, y, z, kx, ky, sx, sy, gx, gy, v_j00, v_j02, v_j11, v_j12)
    vmx, vmy, vmz = to_world(camera, vx, vy, vz)
    color_x, color_y, color_z = load3(v_means, i, seen)
    _adam3(
        means, means_moments1, means_moments2, i, vmx + color_x, vmy + color_y, vmz + color_z,
        means_rate, correct1, correct2, seen,
    )  # fmt: skip
    _adam3(
        scales, scales_moments1, scales_moments2, i,
        va + width_pull * s0, vb + width_pull * s1, vc + width_pull * s2,
        scales_rate, correct1, correct2, seen,
    )  # fmt: skip

    vax, vay, vaz = to_world(camera, vax, vay, vaz)
    vbx, vby, vbz = to_world(camera, vbx, vby, vbz)
    vcx, vcy, vcz = to_world(camera, vcx, vcy, vcz)
    vw, vqx, vqy, vqz = _quaternion_gradient(
        w, qx, qy, qz, vax, vay, vaz, vbx, vby, vbz, vcx, vcy, vcz
    )  # fmt: skip
    vw, vqx, vqy, vqz = _of_any_length(w, qx, qy, qz, length, vw, vqx, vqy, vqz)
    at = i * 4
    adam(quats, quats_moments1, quats_moments2, at, vw, quats_rate, correct1, correct2, seen)
    adam(quats, quats_moments1, quats_moments2, at + 1, vqx, quats_rate, correct1, correct2, seen)
    adam(quats, quats_moments1, quats_moments2, at + 2, vqy, quats_rate, correct1, correct2, seen)
    adam(quats, quats_moments1, quats_moments2, at + 3, vqz, quats_rate, correct1, correct2, seen)

    alpha = tl.exp2(peak)
    v_logit = (pull + opacity_pull * alpha) * (1.0 - alpha)
    adam(
        opacities, opacities_moments1, opacities_moments2, i, v_logit,
        opacities_rate, correct1, correct2, seen,
    )  # fmt: skip

    if pull_sums is not None:
        longer = tl.maximum(tl.load(camera + 23), tl.load(camera + 24))
        _add(pull_sums, i, tl.sqrt(gx * gx + gy * gy) * longer, seen)
        _add(error_sums, i, tl.load(sums + i * _SUMS + _ERROR, mask=seen, other=0.0), seen)


@triton.jit
def _adam3(values, moments1, moments2, i, vx, vy, vz, rate, correct1, correct2, seen):
    """`adam` for the three columns of rows [N, 3]."""
    adam(values, moments1, moments2, i * 3, vx, rate, correct1, correct2, seen)
    adam(values, moments1, moments2, i * 3 + 1, vy, rate, correct1, correct2, seen)
    adam(values, moments1, moments2, i * 3 + 2, vz, rate, correct1, correct2, seen)


@triton.jit
def _add(sums, i, value, seen):
    tl.store(sums + i, tl.load(sums + i, mask=seen, other=0.0) + value, mask=seen)


@triton.jit
def _ellipse_gradient(row, a, b, c, seen):
    """Gradients to the log opacity, to the place x, y, and to the covariance xx, xy, yy.

    The conic P has the gradient V = -M/2, M the pulls' second moments; its inverse has -P V P.
    """
    pull = tl.load(row, mask=seen, other=0.0)
    x, y = tl.load(row + 1, mask=seen, other=0.0), tl.load(row + 2, mask=seen, other=0.0)
    xx = tl.load(row + 3, mask=seen, other=0.0)
    xy = tl.load(row + 4, mask=seen, other=0.0)
    yy = tl.load(row + 5, mask=seen, other=0.0)
    m00, m10 = xx * a + xy * b, xy * a + yy * b
    m01, m11 = xx * b + xy * c, xy * b + yy * c
    return (
        pull, a * x + b * y, b * x + c * y,
        0.5 * (a * m00 + b * m10), 0.5 * (a * m01 + b * m11), 0.5 * (b * m01 + c * m11),
    )  # fmt: skip


@triton.jit
def _place_gradient(x, y, z, kx, ky, sx, sy, gx, gy, v_j00, v_j02, v_j11, v_j12):
    """Gradient to a place in camera coordinates, from those to the place on the image and to J's entries.

    J = [[kx, 0, -kx sx], [0, ky, -ky sy]]; held slopes do not move with the place.
    """
    vx, vy = kx * gx, ky * gy
    vz = -(vx * x + vy * y) / z
    vz += (kx * (sx * v_j02 - v_j00) + ky * (sy * v_j12 - v_j11)) / z
    free_x = sx == x / z
    free_y = sy == y / z
    vx -= tl.where(free_x, kx * v_j02 / z, 0.0)
    vz += tl.where(free_x, kx * v_j02 * sx / z, 0.0)
    vy -= tl.where(free_y, ky * v_j12 / z, 0.0)
    vz += tl.where(free_y, ky * v_j12 * sy / z, 0.0)
    return vx, vy, vz


@triton.jit
def _axis_gradient(kx, ky, sx, sy, scale, ax, ay, az, xx, xy, yy):
    """Gradients to the log scale, to the axis in camera coordinates, and to J's four entries.

    The covariance is H Hᵀ with columns h = scale J axis, so v_H = 2 v_covariance H.
    """
    hx, hy = on_image(1.0, 1.0, sx, sy, 1.0, scale, ax, ay, az)
    hx, hy = kx * hx, ky * hy
    v_hx, v_hy = 2.0 * (xx * hx + xy * hy), 2.0 * (xy * hx + yy * hy)
    v_scale = v_hx * hx + v_hy * hy
    px, py = scale * v_hx, scale * v_hy
    return v_scale, kx * px, ky * py, -(kx * sx * px + ky * sy * py), px * ax, px * az, py * ay, py * az


@triton.jit
def _of_any_length(w, x, y, z, length, vw, vx, vy, vz):
    """Gradient to a quaternion of that length, from that to its unit quaternion."""
    along = vw * w + vx * x + vy * y + vz * z
    return (
        (vw - along * w) / length, (vx - along * x) / length,
        (vy - along * y) / length, (vz - along * z) / length,
    )  # fmt: skip


@triton.jit
def _quaternion_gradient(w, x, y, z, ax, ay, az, bx, by, bz, cx, cy, cz):
    """Gradient to a unit quaternion from those to the three columns of its rotation."""
    vw = 2.0 * (z * (ay - bx) + y * (cx - az) + x * (bz - cy))
    vx = 2.0 * (y * (ay + bx) + z * (az + cx) + w * (bz - cy) - 2.0 * x * (by + cz))
    vy = 2.0 * (x * (ay + bx) + z * (bz + cy) + w * (cx - az) - 2.0 * y * (ax + cz))
    vz = 2.0 * (x * (az + cx) + y * (bz + cy) + w * (ay - bx) - 2.0 * z * (ax + by))
    return vw, vx, vy, vz
