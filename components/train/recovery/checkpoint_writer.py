"""Checkpoints are stored beside training, which waits only for a copy of its state."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch

from components.train.recovery.checkpoint import Checkpoints
from components.train.recovery.snapshot import Snapshot, take_snapshot


class CheckpointWriter:
    """One thread, one checkpoint at a time: who finds it busy comes again later."""

    def __init__(self, checkpoints: Checkpoints, device: torch.device) -> None:
        self._checkpoints, self._device = checkpoints, device
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._writing: Future[float] | None = None
        self.saved_at: float | None = None
        """Unix time of the state that was stored last."""

    @property
    def is_busy(self) -> bool:
        """Whether a checkpoint is on its way.

        Raises:
            StorageError: the last one could not be stored.
        """
        if self._writing and self._writing.done():
            self.wait()
        return self._writing is not None

    def write(self, step: int, state: dict[str, Any]) -> None:
        """Begin to store the state as it is now."""
        assert not self._writing, "a checkpoint is still on its way"
        snapshot = take_snapshot(state, self._device)
        self._writing = self._thread.submit(self._store, step, snapshot, time.time())

    def wait(self) -> None:
        """Return when nothing is on its way.

        Raises:
            StorageError: what was could not be stored.
        """
        writing, self._writing = self._writing, None
        if writing:
            self.saved_at = writing.result()

    def close(self) -> None:
        """Let what is on its way arrive, and end the thread."""
        self._thread.shutdown()

    def _store(self, step: int, snapshot: Snapshot, taken_at: float) -> float:
        snapshot.wait()
        self._checkpoints.save(step, snapshot.content)
        return taken_at
