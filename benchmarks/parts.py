"""Seconds that the parts of a program take, by functions that are called through their module."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(slots=True)
class Part:
    """Sums over all calls, without those of parts that are called within; CPU of all threads, on the host."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass(slots=True)
class Parts:
    """Times by name. Functions must be called one at a time, from one thread."""

    by_name: dict[str, Part] = field(default_factory=dict)
    _within: list[str] = field(default_factory=list)
    _at: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What happens within counts as `name`."""
        self._count()
        self._within.append(name)
        self.by_name.setdefault(name, Part())
        try:
            yield
        finally:
            self._count()
            self._within.pop()

    def table(self) -> str:
        """In Markdown, in the order of the first calls."""
        lines = ["| part | seconds | CPU s |", "|---|---|---|"]
        lines += [f"| {name} | {part.wall:.2f} | {part.cpu:.2f} |" for name, part in self.by_name.items()]
        wall = sum(part.wall for part in self.by_name.values())
        cpu = sum(part.cpu for part in self.by_name.values())
        return "\n".join([*lines, f"| all | {wall:.2f} | {cpu:.2f} |"])

    def _count(self) -> None:
        _finish_cuda()
        now = (time.perf_counter(), time.process_time())
        if self._within:
            part = self.by_name[self._within[-1]]
            part.wall += now[0] - self._at[0]
            part.cpu += now[1] - self._at[1]
        self._at = now


def time_functions(parts: Parts, names: Sequence[str]) -> None:
    """Count the calls of functions `module:name` of this process as parts of that name, from now on."""
    for path in names:
        module_name, _, name = path.partition(":")
        module = import_module(module_name)
        setattr(module, name, _timed(getattr(module, name), name.strip("_").replace("_", " "), parts))


def _timed(function: Callable[..., Any], name: str, parts: Parts) -> Callable[..., Any]:
    def timed(*arguments: Any, **keywords: Any) -> Any:
        with parts.part(name):
            return function(*arguments, **keywords)

    return timed


def _finish_cuda() -> None:
    """Wait for the GPU, whose work would else count as the part that asks for its results."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    # Neither is there while another thread imports torch.
    is_initialized = getattr(cuda, "is_initialized", None)
    if cuda and is_initialized and is_initialized():
        cuda.synchronize()
