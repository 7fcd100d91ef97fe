"""`stages/forecast.json`: what a run is expected to take, as its first task computed it, and its prices."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field

from components.shared.contracts.contract import Contract


class StageForecast(Contract):
    """One stage. Times are of one try on one node."""

    seconds: float
    cpu_seconds: float
    """User and system time."""
    machine: str
    """Class of its node in the table of prices, or `this machine`."""
    usd_per_hour: float | None = None
    """Of the node, on demand; None where it is not known."""
    spot_usd_per_hour: float | None = None
    """Of the node as spot capacity; None where it is not known."""

    @property
    def cost_usd(self) -> float | None:
        """At the price on demand; None where it is not known."""
        return cost_usd(self.seconds, self.usd_per_hour)


class Forecast(Contract):
    """A run before it begins."""

    photos: int
    """Of which the forecast was made."""
    megapixels: float
    """Of one photo."""
    is_assumed: bool = False
    """Whether number and size of the photos follow from the sizes of files alone."""
    steps: int
    """Of training."""
    gaussians: int
    """Delivered; an upper bound where the photos show little."""
    relative_error: float
    """Of the seconds of all stages together: the largest of the runs that the constants were tested with."""
    prices_as_of: str | None = None
    """Date of the table of prices, ISO 8601; None where no price is from it."""
    budget_usd: float | None = None
    """What the run may cost; None: no limit."""
    stages: dict[str, StageForecast] = Field(default_factory=dict)
    """By name, in the order in which they run."""

    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages.values())

    def cost_usd(self, stages: Collection[str] | None = None) -> float | None:
        """Of all stages or of those named; None where one of their prices is not known."""
        costs = [each.cost_usd for name, each in self.stages.items() if stages is None or name in stages]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def cost_usd(seconds: float, usd_per_hour: float | None) -> float | None:
    """Of a node that is held for `seconds`; None where its price is not known."""
    return None if usd_per_hour is None else seconds / 3600 * usd_per_hour
