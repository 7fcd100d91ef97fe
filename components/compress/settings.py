"""What compression may be told."""

from __future__ import annotations

from dataclasses import dataclass

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class CompressSettings:
    """Everything else follows from the scene."""

    seed: int = 0
    """Equal seeds give equal files on the same machine."""
    device: str = "auto"
    """Where the palette is sought: `cpu`, `cuda`, or `auto`, which is CUDA where there is one.

    A task that asked for GPUs and sees fewer fails, unless this is `cpu`.
    """
    max_palette_entries: int = 65536
    """At most so many entries for view-dependent colour; small scenes take fewer by themselves."""

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise ValueError(f"device is {self.device!r}; known are {', '.join(DEVICES)}")
        for name, low, high in (("seed", 0, 2**31 - 1), ("max_palette_entries", 64, 65536)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")
