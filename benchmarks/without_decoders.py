"""Lets ingest run on JPEG photos where the packages for films, HEIF and object stores are not installed."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

_OPTIONAL = ("av", "pillow_heif", "minio", "plyfile")


class _Nothing(int):
    """A constant, a flag, or a function without effect."""

    def __call__(self, *arguments: object, **named: object) -> None:
        return None


class _Names(type):
    def __getattr__(cls, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Modules whose every name is an exception class of its own: they can be imported, and never match."""

    def __init__(self, missing: Sequence[str]) -> None:
        self._missing = missing

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in self._missing:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        def stand_in(name: str) -> type:
            if name.startswith("__"):
                raise AttributeError(name)
            setattr(module, name, _Names(name, (Exception,), {}))
            return getattr(module, name)

        module.__getattr__ = stand_in  # type: ignore[method-assign]


def allow_missing_decoders() -> None:
    """Stand in for those of the packages that are missing; what really needs one then fails."""
    missing = [name for name in _OPTIONAL if importlib.util.find_spec(name) is None]
    sys.meta_path.append(_StandIns(missing))
