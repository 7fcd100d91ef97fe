"""The processes that train one scene together, a GPU each; every one holds a share of the Gaussians."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor


class Team:
    """A process among `size`; alone it talks to nobody. All must make the same calls in the same order."""

    def __init__(self, device: torch.device | str, rank: int = 0, size: int = 1) -> None:
        self.device, self.rank, self.size = torch.device(device), rank, size
        self.counts = [0]
        """Rows that each process holds, as told by the last `count`."""

    @property
    def is_lead(self) -> bool:
        """Of all, one process writes what is written."""
        return self.rank == 0

    def share(self, total: int) -> int:
        """This process' part of a number."""
        return total // self.size + (self.rank < total % self.size)

    def own_rows(self, count: int) -> Tensor:
        """This process' part of so many rows: evenly spread, so that shares stay alike everywhere."""
        return torch.arange(self.rank, count, self.size, device=self.device)

    def count(self, own: int) -> int:
        """Tell all how many rows this process holds; return how many there are."""
        self.counts = [own]
        if self.size > 1:
            self.counts = self.gather(torch.tensor([own], device=self.device)).flatten().tolist()
        return sum(self.counts)

    def gather(self, values: Tensor) -> Tensor:
        """Everybody's [D] as [size, D]."""
        if self.size == 1:
            return values[None]
        gathered = values.new_empty(self.size, len(values))
        dist.all_gather(list(gathered), values.contiguous())
        return gathered

    def least(self, number: int) -> int:
        """The least of everybody's. Waits for the device."""
        return int(self.gather(torch.tensor([number], device=self.device)).min())

    def any(self, *flags: bool) -> list[bool]:
        """Which of the flags somebody raised. Waits for the device."""
        if self.size == 1:
            return list(flags)
        raised = self.gather(torch.tensor(flags, dtype=torch.int32, device=self.device))
        return [bool(each) for each in raised.amax(dim=0).tolist()]

    def merge(self, rows: Tensor) -> Tensor:
        """All shares of [n, ...] one after the other, [N, ...]."""
        if self.size == 1:
            return rows
        # Padded, because not every backend gathers tensors of different sizes.
        most = max(self.counts)
        padded = rows.new_zeros(most, *rows.shape[1:])
        padded[: len(rows)] = rows.detach()
        gathered = rows.new_empty(self.size, most, *rows.shape[1:])
        dist.all_gather(list(gathered), padded)
        return torch.cat([share[:count] for share, count in zip(gathered, self.counts, strict=True)])

    def deal(self, hands: Tensor) -> Tensor:
        """`hands[i]` [n, D] goes to process i; what everybody has for this one comes back, [N, D]."""
        size, own, width = hands.shape
        dealt = hands.new_empty(sum(self.counts), width)
        dist.all_to_all_single(dealt, hands.reshape(size * own, width), self.counts, [own] * size)
        return dealt

    def give_back(self, rows: Tensor) -> Tensor:
        """The opposite of `deal`: [N, D] to [size, n, D]."""
        own, width = self.counts[self.rank], rows.shape[1]
        returned = rows.new_empty(self.size * own, width)
        dist.all_to_all_single(returned, rows.contiguous(), [own] * self.size, self.counts)
        return returned.view(self.size, own, width)

    def wait_for_all(self) -> None:
        """Return when all have come here."""
        self.any(True)


@contextmanager
def joined_team(rank: int, size: int, meeting_place: Path) -> Iterator[Team]:
    """The team of `size` processes that know the same file, which none of them has made yet.

    They talk by NCCL where there are GPUs, process i on the i-th, else by gloo.
    """
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, init_method=meeting_place.as_uri(), rank=rank, world_size=size)
    try:
        yield Team(device, rank, size)
    finally:
        dist.destroy_process_group()
