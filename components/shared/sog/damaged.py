"""The error for files that are no SOG, or no longer one."""

from __future__ import annotations

from components.shared.errors import InputError


def damaged(problem: str) -> InputError:
    """`problem` says what is wrong where, with the value and what it should be."""
    return InputError(problem, remedy="The file is damaged or no SOG scene: download it or export it again.")
