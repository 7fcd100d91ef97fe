"""Collectives of the processes that train one scene together, one GPU and one shard of the Gaussians each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor


class ProcessGroup:
    """One rank of a `torch.distributed` group; with `size` 1 there is no communication.

    As in `torch.distributed`, all ranks call the same methods in the same order.
    """

    def __init__(self, device: torch.device | str, rank: int = 0, size: int = 1) -> None:
        self.device, self.rank, self.size = torch.device(device), rank, size
        self.counts = [0]
        """Rows on each rank, as of the last `gather_counts`."""

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0, which reports progress and writes files."""
        return self.rank == 0

    def shard_size(self, total: int) -> int:
        """Size of this rank's shard of `total` rows."""
        return total // self.size + (self.rank < total % self.size)

    def shard_rows(self, total: int) -> Tensor:
        """Row indices of this rank's shard: every `size`-th row, so that all shards cover the whole scene."""
        return torch.arange(self.rank, total, self.size, device=self.device)

    def gather_counts(self, own: int) -> int:
        """Update `counts` with the `own` rows of each rank; return their sum."""
        self.counts = [own]
        if self.size > 1:
            self.counts = self.all_gather(torch.tensor([own], device=self.device)).flatten().tolist()
        return sum(self.counts)

    def all_gather(self, values: Tensor) -> Tensor:
        """[D] of each rank -> [size, D]."""
        if self.size == 1:
            return values[None]
        gathered = values.new_empty(self.size, len(values))
        dist.all_gather(list(gathered), values.contiguous())
        return gathered

    def all_reduce_min(self, number: int) -> int:
        """The minimum over all ranks. Waits for the device."""
        return int(self.all_gather(torch.tensor([number], device=self.device)).min())

    def all_reduce_any(self, *flags: bool) -> list[bool]:
        """For each flag, whether it is set on any rank. Waits for the device."""
        if self.size == 1:
            return list(flags)
        gathered = self.all_gather(torch.tensor(flags, dtype=torch.int32, device=self.device))
        return [bool(flag) for flag in gathered.amax(dim=0).tolist()]

    def all_gather_rows(self, rows: Tensor) -> Tensor:
        """[n, …] of each rank, of `counts` rows, concatenated in order of ranks, [N, …]."""
        if self.size == 1:
            return rows
        # Padded, because not every backend gathers tensors of different sizes.
        longest = max(self.counts)
        padded = rows.new_zeros(longest, *rows.shape[1:])
        padded[: len(rows)] = rows.detach()
        gathered = rows.new_empty(self.size, longest, *rows.shape[1:])
        dist.all_gather(list(gathered), padded)
        return torch.cat([shard[:count] for shard, count in zip(gathered, self.counts, strict=True)])

    def all_to_all(self, rows: Tensor) -> Tensor:
        """Send `rows[i]` [n, D] to rank i; returns the received rows in order of ranks, [N, D]."""
        size, own, width = rows.shape
        received = rows.new_empty(sum(self.counts), width)
        dist.all_to_all_single(received, rows.reshape(size * own, width), self.counts, [own] * size)
        return received

    def reverse_all_to_all(self, rows: Tensor) -> Tensor:
        """Send [N, D] rows in the layout of `all_to_all`'s result back to their ranks, [size, n, D]."""
        own, width = self.counts[self.rank], rows.shape[1]
        returned = rows.new_empty(self.size * own, width)
        dist.all_to_all_single(returned, rows.contiguous(), [own] * self.size, self.counts)
        return returned.view(self.size, own, width)

    def barrier(self) -> None:
        """Return once every rank has called this."""
        self.all_reduce_any(True)


@contextmanager
def join_process_group(rank: int, size: int, rendezvous: Path) -> Iterator[ProcessGroup]:
    """The process group of the `size` processes that are given the same `rendezvous` file.

    The file must not exist before. Ranks communicate by NCCL with GPU `rank` each, without GPUs by gloo.
    """
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, init_method=rendezvous.as_uri(), rank=rank, world_size=size)
    try:
        yield ProcessGroup(device, rank, size)
    finally:
        dist.destroy_process_group()
