"""Where the heavy parts run: on CUDA, or on the CPU."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from components.shared.rasterize.interface import Rasterizer

Device = Literal["auto", "cpu", "cuda"]


def torch_device(device: Device) -> Literal["cpu", "cuda"]:
    """The device of the setting: `auto` is CUDA where torch sees a GPU."""
    if device != "auto":
        return device
    # Imported here: torch takes seconds, and a CPU needs it for k-means alone.
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load_in_background(device: Device) -> None:
    """Start to load torch, CUDA and gsplat, which take seconds, while a scene is read.

    What fails fails again where it is needed.
    """

    def load() -> None:
        with suppress(Exception):
            cuda_rasterizer(device, antialiased=False)

    if device != "cpu":
        Thread(target=load, name="load CUDA").start()


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
