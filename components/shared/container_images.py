"""Container images that the KFP components are compiled with.

Kubeflow's cache key holds the image's string, not its content: name images by digest when a package is
compiled for a cluster.
"""

from __future__ import annotations

import os
from importlib.metadata import version

from components.shared.environment import CPU_IMAGE_VARIABLE, GPU_IMAGE_VARIABLE, SFM_GPU_IMAGE_VARIABLE


def cpu_image() -> str:
    """Image of ingest, sfm, evaluate and publish. For sfm on a GPU, see `sfm_gpu_image`."""
    return os.environ.get(CPU_IMAGE_VARIABLE) or f"kubesplat/cpu:{version('kubesplat')}"


def gpu_image() -> str:
    """Image of train and compress."""
    return os.environ.get(GPU_IMAGE_VARIABLE) or f"kubesplat/gpu:{version('kubesplat')}"


def sfm_gpu_image() -> str:
    """Image of sfm if its task requests a GPU."""
    return os.environ.get(SFM_GPU_IMAGE_VARIABLE) or f"kubesplat/sfm-gpu:{version('kubesplat')}"
