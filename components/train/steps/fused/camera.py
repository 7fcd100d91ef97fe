"""A camera as the kernels read it: a row of floats on the device."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from components.shared.rasterize.conventions import FIELD_OF_VIEW_MARGIN
from components.shared.scene import Camera


def pack_camera(camera: Camera, device: torch.device) -> Tensor:
    """float32 [25]: rotation (9) and translation (3) cam_from_world, centre (3), fx, fy, cx, cy,
    least and greatest x/z and y/z for which the Jacobian is evaluated (4), width, height."""
    fx, fy, cx, cy = (float(camera.K[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
    margin_x = FIELD_OF_VIEW_MARGIN * 0.5 * camera.width / fx
    margin_y = FIELD_OF_VIEW_MARGIN * 0.5 * camera.height / fy
    row = [
        *camera.viewmat[:3, :3].ravel(),
        *camera.viewmat[:3, 3],
        *camera.center,
        *(fx, fy, cx, cy),
        *(-cx / fx - margin_x, (camera.width - cx) / fx + margin_x),
        *(-cy / fy - margin_y, (camera.height - cy) / fy + margin_y),
        *(camera.width, camera.height),
    ]
    return torch.tensor(row, dtype=torch.float32, device=device)


@triton.jit
def to_camera(camera, mx, my, mz):
    """Camera coordinates of world points."""
    x = tl.load(camera) * mx + tl.load(camera + 1) * my + tl.load(camera + 2) * mz + tl.load(camera + 9)
    y = tl.load(camera + 3) * mx + tl.load(camera + 4) * my + tl.load(camera + 5) * mz + tl.load(camera + 10)
    z = tl.load(camera + 6) * mx + tl.load(camera + 7) * my + tl.load(camera + 8) * mz + tl.load(camera + 11)
    return x, y, z


@triton.jit
def to_world(camera, x, y, z):
    """World coordinates of directions in the camera's."""
    wx = tl.load(camera) * x + tl.load(camera + 3) * y + tl.load(camera + 6) * z
    wy = tl.load(camera + 1) * x + tl.load(camera + 4) * y + tl.load(camera + 7) * z
    wz = tl.load(camera + 2) * x + tl.load(camera + 5) * y + tl.load(camera + 8) * z
    return wx, wy, wz


@triton.jit
def rotated(camera, x, y, z):
    """Camera coordinates of world directions."""
    rx = tl.load(camera) * x + tl.load(camera + 1) * y + tl.load(camera + 2) * z
    ry = tl.load(camera + 3) * x + tl.load(camera + 4) * y + tl.load(camera + 5) * z
    rz = tl.load(camera + 6) * x + tl.load(camera + 7) * y + tl.load(camera + 8) * z
    return rx, ry, rz


@triton.jit
def slopes(camera, x, y, z):
    """x/z and y/z, held near the image: far outside, the affine approximation explodes."""
    sx = tl.minimum(tl.maximum(x / z, tl.load(camera + 19)), tl.load(camera + 20))
    sy = tl.minimum(tl.maximum(y / z, tl.load(camera + 21)), tl.load(camera + 22))
    return sx, sy


@triton.jit
def direction(camera, mx, my, mz):
    """Unit vector from the camera to world points, and their distance."""
    x = mx - tl.load(camera + 12)
    y = my - tl.load(camera + 13)
    z = mz - tl.load(camera + 14)
    distance = tl.sqrt(x * x + y * y + z * z) + 1e-20
    return x / distance, y / distance, z / distance, distance
