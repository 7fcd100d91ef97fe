"""The device on which features are extracted and matched."""

from __future__ import annotations

import pycolmap

from components.shared.environment import SFM_GPU_IMAGE_VARIABLE
from components.shared.errors import GpuError
from components.shared.gpus import CudaSupport, check_gpus


def feature_device() -> pycolmap.Device:
    """CUDA if pycolmap is a build for it and sees a GPU, otherwise the CPU.

    For `pycolmap.extract_features` and the functions that match. Their own default, `Device.auto`, goes by
    the build alone: a build for CUDA fails where there is no GPU.

    Raises:
        GpuMissingError: the task requests a GPU that the container does not have.
        GpuError: the task requests a GPU that this pycolmap or the node's driver cannot use.
    """
    check_gpus(_pycolmap_support)
    return pycolmap.Device.cuda if _visible_gpus() else pycolmap.Device.cpu


def check_results(device: pycolmap.Device, count: int, what: str) -> None:
    """Raise an error if a GPU brought no results; `count` are those in the database, `what` names them.

    Where COLMAP cannot set up SIFT on a GPU, for lack of its memory, it logs that and returns without an
    exception. The verdicts would blame the photos.

    Raises:
        GpuError: there are none.
    """
    if device == pycolmap.Device.cuda and count == 0:
        raise GpuError(
            f"COLMAP found no {what} on the GPU in any photo: it could not set up SIFT there",
            remedy="Free the GPU's memory (nvidia-smi lists the programs that hold it), or run structure "
            "from motion without a GPU: gpus: 0 in the task settings.",
        )


def _pycolmap_support() -> CudaSupport:
    return CudaSupport(
        library="pycolmap",
        version=pycolmap.__version__,
        cuda="12" if pycolmap.has_cuda else None,
        oldest_driver=525,
        devices=_visible_gpus(),
        image_variable=SFM_GPU_IMAGE_VARIABLE,
    )


def _visible_gpus() -> int:
    """Number of GPUs; 0 also where there is no driver, or one that is too old."""
    if not pycolmap.has_cuda:
        return 0
    return int(pycolmap.get_num_cuda_devices())  # type: ignore[attr-defined]  # builds for CUDA alone have it
