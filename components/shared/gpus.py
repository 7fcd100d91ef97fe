"""GPUs that a task requests, against those that torch sees in its container."""

from __future__ import annotations

import os
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


def check_gpus() -> None:
    """Raise an error if torch sees fewer CUDA devices than the task requests, rather than run on the CPU.

    Raises:
        GpuMissingError: the container has fewer devices; the next pod may land on another node.
        GpuError: the container has the devices, but torch or the driver cannot use them.
    """
    requested = requested_gpus()
    if not requested:
        return
    import torch

    visible = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if visible >= requested:
        return
    problem = f"this task requests {_count(requested)}, and torch sees {visible or 'none'}"
    if torch.version.cuda is None:
        raise GpuError(
            f"{problem}: torch {torch.__version__} of this image is a build for CPUs",
            remedy=f"Compile the package with the GPU image ({GPU_IMAGE_VARIABLE}). {_WITHOUT}",
        )
    node = os.environ.get(NODE_VARIABLE)
    where = f" on node {node}" if node else ""
    present = len([path for path in _DEVICES.glob("nvidia*") if path.name[len("nvidia") :].isdigit()])
    if present >= requested:
        raise GpuError(
            f"{problem}, though the container has {_count(present)}{where}",
            remedy=f"CUDA {torch.version.cuda} needs a newer NVIDIA driver on the node (580 or later for "
            f"CUDA 13). {_WITHOUT}",
        )
    raise GpuMissingError(
        f"{problem}; the container has {_count(present)}{where}",
        remedy="Check NVIDIA's device plugin and container runtime on that node (kubectl describe node, "
        f"nvidia-smi in a pod), or cordon it. {_WITHOUT}",
    )


_WITHOUT = "To run without GPUs, compile the package with gpus: 0 for this task."


def _count(gpus: int) -> str:
    return "1 GPU" if gpus == 1 else f"{gpus} GPUs"
