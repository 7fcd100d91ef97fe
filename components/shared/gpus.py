"""GPUs that a task requests, against those that a library sees in its container."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from components.shared.environment import GPU_IMAGE_VARIABLE, GPUS_VARIABLE, NODE_VARIABLE
from components.shared.errors import GpuError, GpuMissingError

_DEVICES = Path("/dev")


def requested_gpus() -> int:
    """Number of GPUs that the task requests; 0 on one machine."""
    return int(os.environ.get(GPUS_VARIABLE) or 0)


def gpu_seconds(seconds: float, measured: float | None) -> float | None:
    """GPU time of a stage: a pod holds its GPUs for all its `seconds`.

    For a task that requests no GPUs, as on one machine, it is the time that the stage `measured`.
    """
    requested = requested_gpus()
    return seconds * requested if requested else measured


@dataclass(frozen=True, kw_only=True, slots=True)
class CudaSupport:
    """What a library makes of CUDA in this container."""

    library: str
    """Its name: torch or pycolmap."""
    version: str
    cuda: str | None
    """The CUDA that it is built for; None: a build for CPUs."""
    oldest_driver: int
    """Oldest NVIDIA driver that runs this CUDA."""
    devices: int
    """Number of devices that it sees."""
    image_variable: str
    """Environment variable that names the image with its build for CUDA."""


def torch_support() -> CudaSupport:
    """What torch makes of CUDA."""
    import torch

    return CudaSupport(
        library="torch",
        version=torch.__version__,
        cuda=torch.version.cuda,
        oldest_driver=580,
        devices=torch.cuda.device_count() if torch.cuda.is_available() else 0,
        image_variable=GPU_IMAGE_VARIABLE,
    )


def check_gpus(look: Callable[[], CudaSupport] = torch_support) -> None:
    """Raise an error if a library sees fewer CUDA devices than the task requests, rather than run on the CPU.

    `look` asks the library; it is not called if the task requests none.

    Raises:
        GpuMissingError: the container has fewer devices; the next pod may land on another node.
        GpuError: the container has the devices, but the library or the driver cannot use them.
    """
    requested = requested_gpus()
    if not requested:
        return
    seen = look()
    if seen.devices >= requested:
        return
    problem = f"this task requests {_count(requested)}, and {seen.library} sees {seen.devices or 'none'}"
    if seen.cuda is None:
        raise GpuError(
            f"{problem}: {seen.library} {seen.version} of this image is a build for CPUs",
            remedy=f"Compile the package with the GPU image ({seen.image_variable}). {_WITHOUT}",
        )
    node = os.environ.get(NODE_VARIABLE)
    where = f" on node {node}" if node else ""
    present = len([path for path in _DEVICES.glob("nvidia*") if path.name[len("nvidia") :].isdigit()])
    if present >= requested:
        raise GpuError(
            f"{problem}, though the container has {_count(present)}{where}",
            remedy=f"CUDA {seen.cuda} needs a newer NVIDIA driver on the node ({seen.oldest_driver} or later "
            f"for CUDA {seen.cuda.partition('.')[0]}). {_WITHOUT}",
        )
    raise GpuMissingError(
        f"{problem}; the container has {_count(present)}{where}",
        remedy="Check NVIDIA's device plugin and container runtime on that node (kubectl describe node, "
        f"nvidia-smi in a pod), or cordon it. {_WITHOUT}",
    )


_WITHOUT = "To run without GPUs, compile the package with gpus: 0 for this task."


def _count(gpus: int) -> str:
    return "1 GPU" if gpus == 1 else f"{gpus} GPUs"
