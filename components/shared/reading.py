"""Errors of decoders, turned where the file is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.shared.errors import InputError, KubesplatError, says_nothing_of_data

DAMAGED_PHOTO = "Copy the photos again completely, and run again from the start."


@contextmanager
def reading(path: Path, *, remedy: str) -> Iterator[None]:
    """Turn what a decoder raises in the block into an InputError that names `path`.

    Failures of storage, network and memory pass as they are, and so do KubesplatErrors.
    """
    try:
        yield
    except KubesplatError:
        raise
    except Exception as error:  # decoders of damaged data raise whatever they come across
        if says_nothing_of_data(error):
            raise
        raise InputError(f"{path} cannot be read: {error}", remedy=remedy) from error
