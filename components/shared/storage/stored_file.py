"""What a store knows about a file without reading it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredFile:
    name: str
    bytes: int
    version: str
    """Another one after each change: S3's ETag, or the time of change."""
    changed_at: float
    """Seconds since 1970, by the store's clock."""
