"""The error of files of poses that cannot be read."""

from __future__ import annotations

from components.shared.errors import InputError


def damaged(source: str, what: str) -> InputError:
    return InputError(
        f"the poses in {source} cannot be read: {what}",
        remedy="Export the file again, or take it out of the capture: poses are then computed from the "
        "photos.",
    )
