"""A state as it is now, in host memory, while training changes it in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`content` holds copies; those of a CUDA device are whole once `wait` has returned."""

    content: Any
    _copied: torch.cuda.Event | None

    def wait(self) -> None:
        if self._copied:
            self._copied.synchronize()


def take_snapshot(value: Any, device: torch.device) -> Snapshot:
    """Copy all tensors of nested dicts and lists.

    On CUDA the copies are queued behind the step that was taken and before the next, into page-locked memory:
    the host goes on at once, and no second copy fills the device.
    """
    content = _copy(value)
    if device.type != "cuda":
        return Snapshot(content, None)
    copied = torch.cuda.Event()
    copied.record()
    return Snapshot(content, copied)


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return _copy_tensor(value.detach())
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(each) for each in value)
    return value


def _copy_tensor(tensor: Tensor) -> Tensor:
    if not tensor.is_cuda:
        return tensor.clone()
    return _host_memory(tensor).copy_(tensor, non_blocking=True)


def _host_memory(tensor: Tensor) -> Tensor:
    try:
        return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    except RuntimeError:  # What may be locked is used up; into other memory the copy takes longer.
        return torch.empty(tensor.shape, dtype=tensor.dtype)
