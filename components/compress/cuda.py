"""Where the heavy parts run: on CUDA, or on the CPU."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from components.shared.rasterize.interface import Rasterizer

Device = Literal["auto", "cpu", "cuda"]
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
"""Library of NVIDIA's driver, through which torch reaches all GPUs."""


def torch_device(device: Device) -> Literal["cpu", "cuda"]:
    """The device of the setting: `auto` is CUDA where torch sees a GPU; it needs a driver for that."""
    if device != "auto":
        return device
    if not _has_driver():
        return "cpu"
    # Imported here: torch takes seconds, and a CPU needs it for k-means alone.
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _has_driver() -> bool:
    try:
        ctypes.CDLL(_DRIVER)
    except OSError:
        return False
    return True


def load_in_background(device: Device) -> None:
    """Start to load torch, CUDA and gsplat, which take seconds, while a scene is read.

    What fails fails again where it is needed.
    """
    if device != "cpu":
        _in_background("load CUDA", lambda: cuda_rasterizer(device, antialiased=False))


def load_torch_in_background() -> None:
    """Start to load torch, where it is known that a palette will be fitted after other work."""
    _in_background("load torch", lambda: import_module("torch"))


def _in_background(name: str, load: Callable[[], object]) -> None:
    def try_to_load() -> None:
        with suppress(Exception):
            load()

    Thread(target=try_to_load, name=name).start()


def cuda_rasterizer(device: Device, *, antialiased: bool) -> Rasterizer | None:
    """A rasterizer with gradients on the GPU; None without a GPU, or where gsplat does not run on it."""
    if torch_device(device) == "cpu":
        return None
    import torch

    from components.shared.rasterize.cuda_device import OLDEST_CAPABILITY
    from components.shared.rasterize.gsplat_backend import GsplatRasterizer, has_gsplat

    if torch.cuda.get_device_capability() < OLDEST_CAPABILITY or not has_gsplat():
        return None
    torch.zeros(1, device="cuda")  # makes CUDA's context
    return GsplatRasterizer(antialiased=antialiased)
