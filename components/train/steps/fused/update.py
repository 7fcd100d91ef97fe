"""Gradients to ellipses -> one Adam step of the Gaussians' geometry, without storing gradients between."""

from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

from components.train.model.densification_stats import DensificationStats
from components.train.steps.fused.adam import adam, adam3, adam4, bias_corrections, visible_rows
from components.train.steps.fused.blend import FIRST_COLOR, SUMS
from components.train.steps.fused.launch import quick_launch
from components.train.steps.fused.projection import (
    FX,
    FY,
    HEIGHT,
    WIDTH,
    Ellipses,
    axes_in_camera,
    axis_on_image,
    clamped_slopes,
    load3,
    load_ellipse,
    load_quaternion,
    to_camera,
)

_BLOCK = 128
_SUMS, _ERROR = tl.constexpr(SUMS), tl.constexpr(FIRST_COLOR + 3)


@dataclass(frozen=True, slots=True)
class RegularizationGradients:
    """Gradients of the regularization, equal for all Gaussians."""

    scale: float = 0.0
    """To each scale, in 1 / scene units."""
    opacity: float = 0.0
    """To each opacity."""


def update(
    tensors: dict[str, Tensor],
    moments: dict[str, tuple[Tensor, Tensor]],
    step_counts: Tensor,
    camera: Tensor,
    ellipses: Ellipses,
    sums: Tensor,
    v_means: Tensor,
    rates: dict[str, float],
    regularization: RegularizationGradients,
    stats: DensificationStats | None,
) -> None:
    """One Adam step of means, quats, scales and opacities of visible Gaussians, in place.

    Adds 1 to their `step_counts`, and to the densification statistics where they are collected. `sums` are
    those of `blend_backward`; `v_means` [N, 3] is the means' gradient through the colours.
    """
    names = ("means", "quats", "scales", "opacities")
    count = len(step_counts)
    _update[(triton.cdiv(count, _BLOCK),)](
        *(tensors[name] for name in names),
        *(moment for name in names for moment in moments[name]),
        step_counts,
        camera,
        ellipses.tile_counts,
        ellipses.table,
        sums,
        v_means,
        stats and stats.grad2d,
        stats and stats.error,
        *(rates[name] for name in names),
        regularization.scale,
        regularization.opacity,
        count,
        BLOCK=_BLOCK,
        num_warps=4,
    )


@quick_launch
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
    step_counts,
    camera,
    tile_counts,
    table,
    sums,
    v_means,
    grad2d_sums,
    error_sums,
    means_rate,
    quats_rate,
    scales_rate,
    opacities_rate,
    v_scale,
    v_opacity,
    count,
    BLOCK: tl.constexpr,
):
    i, visible = visible_rows(tile_counts, count, BLOCK)
    if tl.max(visible.to(tl.int32), axis=0) == 0:
        return
    step_count = tl.load(step_counts + i, mask=visible, other=0) + 1
    tl.store(step_counts + i, step_count, mask=visible)
    correct1, correct2 = bias_corrections(step_count)

    mx, my, mz = load3(means, i, visible)
    x, y, z = to_camera(camera, mx, my, mz)
    z = tl.where(visible, z, 1.0)
    sx, sy = clamped_slopes(camera, x, y, z)
    kx = tl.load(camera + FX) / z
    ky = tl.load(camera + FY) / z
    w, qx, qy, qz, length = load_quaternion(quats, i, visible)
    ax, ay, az, bx, by, bz, cx, cy, cz = axes_in_camera(camera, w, qx, qy, qz)
    s0, s1, s2 = load3(scales, i, visible)
    s0, s1, s2 = tl.exp(s0), tl.exp(s1), tl.exp(s2)

    _, _, log_opacity, a, b, c = load_ellipse(table, i, visible)
    v_log_alpha, gx, gy, xx, xy, yy = _ellipse_gradient(sums + i * _SUMS, a, b, c, visible)
    va, vax, vay, vaz, jx0, jz0, jy0, kz0 = _axis_gradient(kx, ky, sx, sy, s0, ax, ay, az, xx, xy, yy)
    vb, vbx, vby, vbz, jx1, jz1, jy1, kz1 = _axis_gradient(kx, ky, sx, sy, s1, bx, by, bz, xx, xy, yy)
    vc, vcx, vcy, vcz, jx2, jz2, jy2, kz2 = _axis_gradient(kx, ky, sx, sy, s2, cx, cy, cz, xx, xy, yy)

    v_j00, v_j02, v_j11, v_j12 = jx0 + jx1 + jx2, jz0 + jz1 + jz2, jy0 + jy1 + jy2, kz0 + kz1 + kz2
    vx, vy, vz = _mean_gradient(x, y, z, kx, ky, sx, sy, gx, gy, v_j00, v_j02, v_j11, v_j12)
    vmx, vmy, vmz = _to_world(camera, vx, vy, vz)
    color_x, color_y, color_z = load3(v_means, i, visible)
    adam3(
        means, means_moments1, means_moments2, i, vmx + color_x, vmy + color_y, vmz + color_z,
        means_rate, correct1, correct2, visible,
    )  # fmt: skip
    adam3(
        scales, scales_moments1, scales_moments2, i,
        va + v_scale * s0, vb + v_scale * s1, vc + v_scale * s2,
        scales_rate, correct1, correct2, visible,
    )  # fmt: skip

    vax, vay, vaz = _to_world(camera, vax, vay, vaz)
    vbx, vby, vbz = _to_world(camera, vbx, vby, vbz)
    vcx, vcy, vcz = _to_world(camera, vcx, vcy, vcz)
    vw, vqx, vqy, vqz = _quaternion_gradient(
        w, qx, qy, qz, vax, vay, vaz, vbx, vby, vbz, vcx, vcy, vcz
    )  # fmt: skip
    vw, vqx, vqy, vqz = _unnormalized(w, qx, qy, qz, length, vw, vqx, vqy, vqz)
    adam4(
        quats, quats_moments1, quats_moments2, i, vw, vqx, vqy, vqz, quats_rate, correct1, correct2, visible
    )

    alpha = tl.exp2(log_opacity)
    v_logit = (v_log_alpha + v_opacity * alpha) * (1.0 - alpha)
    adam(
        opacities, opacities_moments1, opacities_moments2, i, v_logit,
        opacities_rate, correct1, correct2, visible,
    )  # fmt: skip

    if grad2d_sums is not None:
        longer = tl.maximum(tl.load(camera + WIDTH), tl.load(camera + HEIGHT))
        _add(grad2d_sums, i, tl.sqrt(gx * gx + gy * gy) * longer, visible)
        _add(error_sums, i, tl.load(sums + i * _SUMS + _ERROR, mask=visible, other=0.0), visible)


@triton.jit
def _add(sums, i, value, visible):
    tl.store(sums + i, tl.load(sums + i, mask=visible, other=0.0) + value, mask=visible)


@triton.jit
def _to_world(camera, x, y, z):
    """World coordinates of directions in the camera's."""
    wx = tl.load(camera) * x + tl.load(camera + 3) * y + tl.load(camera + 6) * z
    wy = tl.load(camera + 1) * x + tl.load(camera + 4) * y + tl.load(camera + 7) * z
    wz = tl.load(camera + 2) * x + tl.load(camera + 5) * y + tl.load(camera + 8) * z
    return wx, wy, wz


@triton.jit
def _ellipse_gradient(row, a, b, c, visible):
    """Gradients to the log opacity, to the centre x, y in px, and to the covariance xx, xy, yy.

    The conic P has the gradient V = -M/2, M the second moments of `sums`; its inverse has -P V P.
    """
    v_log_alpha = tl.load(row, mask=visible, other=0.0)
    x, y = tl.load(row + 1, mask=visible, other=0.0), tl.load(row + 2, mask=visible, other=0.0)
    xx = tl.load(row + 3, mask=visible, other=0.0)
    xy = tl.load(row + 4, mask=visible, other=0.0)
    yy = tl.load(row + 5, mask=visible, other=0.0)
    m00, m10 = xx * a + xy * b, xy * a + yy * b
    m01, m11 = xx * b + xy * c, xy * b + yy * c
    return (
        v_log_alpha, a * x + b * y, b * x + c * y,
        0.5 * (a * m00 + b * m10), 0.5 * (a * m01 + b * m11), 0.5 * (b * m01 + c * m11),
    )  # fmt: skip


@triton.jit
def _mean_gradient(x, y, z, kx, ky, sx, sy, gx, gy, v_j00, v_j02, v_j11, v_j12):
    """Gradient to the mean in camera coordinates, from those to the centre on the image and to J's entries.

    J = [[kx, 0, -kx sx], [0, ky, -ky sy]]; clamped slopes do not depend on the mean.
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
    hx, hy = axis_on_image(1.0, 1.0, sx, sy, 1.0, scale, ax, ay, az)
    hx, hy = kx * hx, ky * hy
    v_hx, v_hy = 2.0 * (xx * hx + xy * hy), 2.0 * (xy * hx + yy * hy)
    v_scale = v_hx * hx + v_hy * hy
    px, py = scale * v_hx, scale * v_hy
    return v_scale, kx * px, ky * py, -(kx * sx * px + ky * sy * py), px * ax, px * az, py * ay, py * az


@triton.jit
def _unnormalized(w, x, y, z, length, vw, vx, vy, vz):
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
