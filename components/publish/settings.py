"""What publishing may be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PublishSettings:
    """Prices for the cost ledger; a price that is not given leaves its costs unknown."""

    cpu_usd_per_hour: float | None = None
    """What one machine of the CPU pool costs, in US dollars an hour."""
    gpu_usd_per_hour: float | None = None
    """What one machine of the GPU pool costs, in US dollars an hour."""

    def __post_init__(self) -> None:
        for name in ("cpu_usd_per_hour", "gpu_usd_per_hour"):
            price = getattr(self, name)
            if price is not None and not 0 < price < 1000:
                raise ValueError(f"{name} is {price}; a price lies between 0 and 1000 US dollars an hour")
