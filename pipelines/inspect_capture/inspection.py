"""The result of an inspection, which `kubesplat inspect --json` prints."""

from __future__ import annotations

from collections import Counter

from components.shared.contracts.capture import CaptureFigures
from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.contracts.forecast import Forecast
from components.shared.contracts.inspection import EXPECTED, InspectionFigures, UnexpectedPhoto, UnmetGate


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
    unmet_gate: UnmetGate | None = None
    """Set if structure from motion will fail with so few photos."""
    gpu_memory_bytes: int
    """Peak of training on a GPU."""
    forecast: Forecast

    def figures(self) -> InspectionFigures:
        """The part of a run's report."""
        rejected = {photo.name for photo in self.capture.rejected or ()}
        return InspectionFigures(
            verdicts=dict(Counter(photo.verdict for photo in self.photos).most_common()),
            expected_registered=self.expected_registered,
            expected_registered_fraction=self.expected_registered_fraction,
            unexpected=[
                UnexpectedPhoto(name=photo.name, verdict=photo.verdict, reason=photo.reason)
                for photo in self.photos
                if photo.verdict != EXPECTED and photo.name not in rejected
            ],
            notes=self.notes,
            gaussians=self.forecast.gaussians,
            gpu_memory_bytes=self.gpu_memory_bytes,
            seconds=self.forecast.seconds(),
            cost_usd=self.forecast.cost_usd(),
        )
