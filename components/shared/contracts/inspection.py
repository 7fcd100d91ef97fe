"""What an inspection finds out about a run before its stages begin."""

from __future__ import annotations

from components.shared.contracts.contract import Contract
from components.shared.dollars import dollars
from components.shared.errors import ReconstructionError
from components.shared.progress import duration

EXPECTED = "expected"
"""Verdict of a photo that structure from motion will register."""


class UnmetGate(Contract):
    """What structure from motion would fail with if it registered the photos that are expected."""

    message: str
    remedy: str

    def to_error(self) -> ReconstructionError:
        return ReconstructionError(self.message, remedy=self.remedy)


class UnexpectedPhoto(Contract):
    """An accepted photo that is not expected to be registered."""

    name: str
    verdict: str
    reason: str


class InspectionFigures(Contract):
    """The part `inspection` of `report.json`; null where the run did not inspect its capture."""

    verdicts: dict[str, int] | None = None
    """Number of photos by verdict: `expected`, or that of ingest or of the preview."""
    expected_registered: int | None = None
    """Photos that structure from motion will register."""
    expected_registered_fraction: float | None = None
    """Of the accepted photos."""
    unexpected: list[UnexpectedPhoto] | None = None
    """The other accepted photos."""
    notes: list[str] | None = None
    """Where nothing connects the photos, in sentences."""
    gaussians: int | None = None
    """Forecast, as all that follow: an upper bound where the photos show little."""
    gpu_memory_bytes: int | None = None
    """Peak of training on a GPU."""
    seconds: float | None = None
    """Of all stages."""
    cost_usd: float | None = None
    """Of all stages, at the prices on demand; null where one of them is not known."""

    def sentences(self) -> list[str]:
        """What was expected of the photos and of the run; none without an inspection."""
        if self.verdicts is None or self.expected_registered is None:
            return []
        others = ", ".join(f"{count} {name}" for name, count in self.verdicts.items() if name != EXPECTED)
        photos = f"{self.expected_registered} of {sum(self.verdicts.values())} photos"
        forecast = [
            f"up to {self.gaussians:,} Gaussians" if self.gaussians else "",
            f"{_size(self.gpu_memory_bytes)} of a GPU's memory" if self.gpu_memory_bytes else "",
            duration(self.seconds) if self.seconds else "",
            dollars(self.cost_usd),
        ]
        return [
            f"The inspection expected {photos} to fit together{f' ({others})' if others else ''}.",
            f"Its forecast: {', '.join(filter(None, forecast))}.",
        ]


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
