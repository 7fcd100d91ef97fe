"""Launches of Triton kernels in half of Triton's time: fast GPUs wait for Python.

Triton's own launch takes 40 µs of Python on one core, a third of it a comparison of the module's constants
with those at compile time. A step has eleven.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor
from triton.runtime.driver import driver
from triton.runtime.jit import JITFunction

_ALIGNMENT = 16
"""Triton compiles a kernel of its own for addresses (in bytes) and integers that are multiples of it."""


def quick_launch(function: Any) -> Any:
    """A `triton.jit` function that is launched as before, `kernel[grid](*arguments, **constants)`.

    All `tl.constexpr` parameters and options such as `num_warps` are given by name, in that order. Triton's
    interpreter is left as it is.
    """
    return _Kernel(function) if isinstance(function, JITFunction) else function


class _Kernel:
    def __init__(self, function: JITFunction[Any]) -> None:
        self.function = function
        self._compiled: dict[tuple[Any, ...], Any] = {}
        self._constants = sum(parameter.is_constexpr for parameter in function.params)

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        return partial(self._launch, grid)

    def _launch(self, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        device = driver.active.get_current_device()
        values = tuple(constants.values())
        key = (device, *map(_kind_of, arguments), *values)
        compiled = self._compiled.get(key)
        if compiled is None:  # Triton compiles, launches, and returns what it has compiled.
            self._compiled[key] = self.function[grid](*arguments, **constants)
            return
        x, y, z = (*grid, 1, 1)[:3]
        stream = driver.active.get_current_stream(device)
        compiled[x, y, z](*arguments, *values[: self._constants], stream=stream)


def _kind_of(argument: Any) -> Any:
    """What a kernel is compiled for, told apart at least as finely as Triton does."""
    if isinstance(argument, Tensor):
        return argument.dtype, argument.data_ptr() % _ALIGNMENT == 0
    if isinstance(argument, int):
        return argument == 1, argument % _ALIGNMENT == 0, argument.bit_length()
    return type(argument)
