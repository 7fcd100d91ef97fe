"""Asynchronous checkpoints: training waits only for a snapshot of its state in host memory."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from components.train.recovery.checkpoint import Checkpoints


class CheckpointWriter:
    """Writes one checkpoint at a time, in one thread."""

    def __init__(self, checkpoints: Checkpoints, device: torch.device) -> None:
        self._checkpoints, self._device = checkpoints, device
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._writing: Future[float] | None = None
        self.saved_at: float | None = None
        """Unix time of the state that was stored last."""

    @property
    def is_busy(self) -> bool:
        """Whether a checkpoint is being written.

        Raises:
            StorageError: the last one could not be stored.
        """
        if self._writing and self._writing.done():
            self.wait()
        return self._writing is not None

    def write(self, step: int, state: dict[str, Any]) -> None:
        """Start to write the state as it is now."""
        assert not self._writing, "a checkpoint is still being written"
        snapshot = take_snapshot(state, self._device)
        self._writing = self._thread.submit(self._store, step, snapshot, time.time())

    def wait(self) -> None:
        """Return once no checkpoint is being written.

        Raises:
            StorageError: it could not be stored.
        """
        writing, self._writing = self._writing, None
        if writing:
            self.saved_at = writing.result()

    def close(self) -> None:
        """Wait for the checkpoint that is being written, and end the thread."""
        self._thread.shutdown()

    def _store(self, step: int, snapshot: Snapshot, taken_at: float) -> float:
        snapshot.wait()
        self._checkpoints.save(step, snapshot.content)
        return taken_at


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of a state in host memory."""

    content: Any
    """Complete after `wait`."""
    _copied: torch.cuda.Event | None

    def wait(self) -> None:
        if self._copied:
            self._copied.synchronize()


def take_snapshot(value: Any, device: torch.device) -> Snapshot:
    """Copy all tensors of nested dicts and lists.

    From CUDA devices the copies go to page-locked memory, queued between the last step and the next: the host
    does not wait, and the device needs no memory for a second copy.
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
    try:
        host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    except RuntimeError:  # The limit of page-locked memory; copies to pageable memory are slower.
        host = torch.empty(tensor.shape, dtype=tensor.dtype)
    return host.copy_(tensor, non_blocking=True)
