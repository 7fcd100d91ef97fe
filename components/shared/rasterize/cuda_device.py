"""Whether there is a GPU that the CUDA kernels run on; a GPU that does not work is an error."""

from __future__ import annotations

import os

import torch

from components.shared.errors import GpuError
from components.shared.gpus import check_gpus

OLDEST_CAPABILITY = (8, 0)
"""Ampere; the container image is compiled for 8.6 (A10G and later Ampere, Ada) and 9.0 (Hopper)."""
_GRANT = "NVIDIA_VISIBLE_DEVICES"
"""Set by NVIDIA's container runtime: which GPUs this container was given."""


def has_cuda() -> bool:
    """Whether torch can use a CUDA device.

    Raises:
        GpuError: the container was given a GPU, and torch cannot use it. Training on the CPU would hide that.
        GpuMissingError: the task asked for more GPUs than there are.
    """
    check_gpus()
    if torch.cuda.is_available():
        return True
    granted = os.environ.get(_GRANT, "")
    if granted not in ("", "none", "void"):
        raise GpuError(
            f"this container was given a GPU ({_GRANT}={granted}), but torch cannot use it",
            remedy="CUDA 13.0 wants an NVIDIA driver of 580 or newer on the node. To train on CPUs, "
            "compile the package with gpus: 0 for training.",
        )
    return False


def check_capability(name: str, capability: tuple[int, int]) -> None:
    """Raise if the CUDA kernels do not run on a GPU of that compute capability.

    Raises:
        GpuError: too old.
    """
    if capability < OLDEST_CAPABILITY:
        raise GpuError(
            f"{name} has compute capability {capability[0]}.{capability[1]}; training needs "
            f"{OLDEST_CAPABILITY[0]}.{OLDEST_CAPABILITY[1]} or later",
            remedy="Use an A10G, L4, L40S, H100, or a GeForce of the 30 series or later.",
        )
