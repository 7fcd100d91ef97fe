"""GPUs that the task settings ask for, against those that this container sees."""

from __future__ import annotations

import os
from pathlib import Path

from components.shared.environment import GPU_IMAGE_VARIABLE, GPUS_VARIABLE, NODE_VARIABLE
from components.shared.errors import GpuError, GpuMissingError

_DEVICES = Path("/dev")


def gpus_asked_for() -> int:
    return int(os.environ.get(GPUS_VARIABLE) or 0)


def gpu_seconds(seconds: float, measured: float | None) -> float | None:
    """What a stage of that length costs in GPU time: a pod holds its GPUs from its start to its end.

    On one machine, where nobody asks for GPUs, it is what the stage itself `measured`.
    """
    asked = gpus_asked_for()
    return seconds * asked if asked else measured


def check_gpus() -> None:
    """Fail if torch sees fewer CUDA devices than the task asked for: a day on the CPU would hide that.

    Raises:
        GpuMissingError: the container has fewer devices; the next pod may land on another node.
        GpuError: the devices are there, and torch or the driver cannot use them.
    """
    asked = gpus_asked_for()
    if not asked:
        return
    import torch

    visible = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if visible >= asked:
        return
    wanted = f"this task asked for {_count(asked)}, and torch sees {visible or 'none'}"
    if torch.version.cuda is None:
        raise GpuError(
            f"{wanted}: torch {torch.__version__} of this image is a build for CPUs",
            remedy=f"Compile the package with the GPU image ({GPU_IMAGE_VARIABLE}). {_WITHOUT}",
        )
    node = os.environ.get(NODE_VARIABLE)
    where = f" on node {node}" if node else ""
    present = len([path for path in _DEVICES.glob("nvidia*") if path.name[len("nvidia") :].isdigit()])
    if present >= asked:
        raise GpuError(
            f"{wanted}, though {_count(present)} {'is' if present == 1 else 'are'} in the container{where}",
            remedy=f"CUDA {torch.version.cuda} wants a newer NVIDIA driver on the node (580 or later for "
            f"CUDA 13). {_WITHOUT}",
        )
    raise GpuMissingError(
        f"{wanted}; the container has {_count(present)}{where}",
        remedy="See NVIDIA's device plugin and container runtime on that node (kubectl describe node, "
        f"nvidia-smi in a pod), or cordon it. {_WITHOUT}",
    )


_WITHOUT = "To run without GPUs, compile the package with gpus: 0 for this task."


def _count(gpus: int) -> str:
    return "1 GPU" if gpus == 1 else f"{gpus} GPUs"
