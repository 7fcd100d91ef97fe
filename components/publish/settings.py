"""Settings of publishing."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from components.shared.settings import Settings


class PublishSettings(Settings):
    """Prices for the cost ledger. One that is not given is that of the table on a cluster, else unknown."""

    stage: ClassVar[str] = "publish"

    cpu_usd_per_hour: float | None = Field(default=None, gt=0, lt=1000)
    """Price of a machine of the CPU pool, in US dollars an hour, for ledger and budget. 0: of the table."""
    gpu_usd_per_hour: float | None = Field(default=None, gt=0, lt=1000)
    """Price of a machine of the GPU pool, in US dollars an hour, for ledger and budget. 0: of the table."""
