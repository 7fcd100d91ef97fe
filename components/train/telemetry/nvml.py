"""What NVIDIA's driver tells of the GPUs of this process, by NVML: utilization, power and memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuSample:
    """State of one GPU. None where the driver does not tell: of a MIG instance it tells only the memory."""

    utilization_ratio: float | None
    """Part of the last second, or less, in which a kernel ran, in [0, 1]."""
    power_watts: float | None
    """Of the whole board; since Ampere, but not on A100, the mean of the last second."""
    used_memory_bytes: int | None
    """By all processes."""


class Nvml:
    """An open connection to the driver, for GPUs by their UUIDs."""

    def __init__(self, uuids: Sequence[str]) -> None:
        """`uuids` as torch has them, without a prefix.

        Raises:
            ImportError: nvidia-ml-py is not installed.
            pynvml.NVMLError: no driver, no permission, or no such GPU.
        """
        import pynvml

        self._nvml: Any = pynvml
        self._refused: set[str] = set()
        pynvml.nvmlInit()
        self._handles = [self._handle(uuid) for uuid in uuids]

    def read(self) -> list[GpuSample]:
        """The state of each GPU, in the order of the UUIDs."""
        return [self._sample(handle) for handle in self._handles]

    def close(self) -> None:
        with suppress(self._nvml.NVMLError):  # The driver went away, and with it what is to be closed.
            self._nvml.nvmlShutdown()

    def _handle(self, uuid: str) -> Any:
        try:
            return self._nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
        except self._nvml.NVMLError_NotFound:
            return self._nvml.nvmlDeviceGetHandleByUUID(f"MIG-{uuid}")

    def _sample(self, handle: Any) -> GpuSample:
        nvml = self._nvml
        return GpuSample(
            utilization_ratio=self._figure(
                "utilization", lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
            ),
            power_watts=self._figure("power", lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000),
            used_memory_bytes=self._figure("memory", lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used),
        )

    def _figure(self, name: str, read: Callable[[], Any]) -> Any:
        """What `read` returns; None, and a line in the log once, where the driver has no such figure.

        Raises:
            pynvml.NVMLError: of other kinds.
        """
        nvml = self._nvml
        # Of a MIG instance some figures are "not supported" and some an "invalid argument".
        absent = (nvml.NVMLError_NotSupported, nvml.NVMLError_InvalidArgument, nvml.NVMLError_NoPermission)
        try:
            return read()
        except absent as error:
            if name not in self._refused:
                self._refused.add(name)
                _log.warning("no %s of the GPU: %s", name, error)
            return None


def open_nvml(gpus: int) -> Nvml:
    """Connect for the first `gpus` CUDA devices of this process.

    Their UUIDs say which GPUs those are: NVML numbers all GPUs of the machine, and knows neither
    CUDA_VISIBLE_DEVICES nor CUDA_DEVICE_ORDER.

    Raises: what `Nvml` raises; RuntimeError, AssertionError: torch sees no such devices.
    """
    import torch

    return Nvml([str(torch.cuda.get_device_properties(index).uuid) for index in range(gpus)])
