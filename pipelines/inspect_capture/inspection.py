"""The result of an inspection, which `kubesplat inspect --json` prints."""

from __future__ import annotations

from components.shared.contracts.capture import CaptureFigures
from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.contracts.forecast import Forecast


class InspectedPhoto(Contract):
    """One photo."""

    name: str
    verdict: str
    """`expected` for one that structure from motion will register; else that of ingest or of the preview."""
    reason: str = ""
    sharpness: float | None = None
    """Comparable within a capture."""
    features: int | None = None
    """On a small image; null for a photo that ingest rejects, and where poses came with the capture."""
    best_matches: int | None = None
    """With the photo that shares most."""


class Inspection(Contract):
    """What is known of a run before it begins."""

    schema_version: SchemaVersion = 1
    capture: CaptureFigures
    photos: list[InspectedPhoto]
    expected_registered: int
    expected_registered_fraction: float
    """Of the accepted photos."""
    notes: list[str]
    """Where nothing connects the photos, in sentences."""
    gpu_memory_bytes: int
    """Peak of training on a GPU."""
    forecast: Forecast
