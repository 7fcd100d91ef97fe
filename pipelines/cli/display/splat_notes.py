"""What happened to the Gaussians of a file, in sentences for its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.compress.write_scene import WrittenScene
    from components.shared.splats import Splats


def gaussians(number: int) -> str:
    """A number of Gaussians in words, as in "1 Gaussian"."""
    return f"{number:,} Gaussian{'' if number == 1 else 's'}"


def reader_notes(splats: Splats) -> list[str]:
    """What the reader of the file took for something else than it is there."""
    return [f"Note: {note}." for note in splats.notes]


def compression_notes(result: WrittenScene) -> list[str]:
    """What the writer left out and changed, beyond what its format always changes."""
    notes = []
    if result.left_out.total:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in result.left_out.by_reason().items())
        whole = result.gaussians + result.left_out.total
        notes.append(f"Left out: {result.left_out.total:,} of {gaussians(whole)} ({reasons}).")
    if result.limited:
        notes.append(f"Limited: {gaussians(result.limited)} with an extreme scale or color.")
    return notes + [f"Note: {note}." for note in result.notes]
