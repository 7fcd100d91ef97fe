"""The error of a table of positions that cannot be read."""

from __future__ import annotations

from components.shared.errors import InputError


def refused(source: str, what: str, remedy: str) -> InputError:
    """`source` is the name of the file."""
    return InputError(
        f"the positions in {source} cannot be read: {what}",
        remedy=f"{remedy} Or take the file out of the capture: the positions are then those of EXIF.",
    )
