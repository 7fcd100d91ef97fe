"""Prices of machines: the dated table, under the prices that the settings give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_TABLE = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True, slots=True)
class MachinePrice:
    """A class of machines with its prices in US dollars an hour; None: not known."""

    name: str
    cpus: int
    gpu: str | None = None
    """Model of its GPU."""
    usd_per_hour: float | None = None
    """On demand."""
    spot_usd_per_hour: float | None = None


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Machines by name, and the date of their prices in ISO 8601."""

    as_of: str
    machines: dict[str, MachinePrice]


@cache
def list_prices() -> PriceTable:
    """The table `prices.yaml`."""
    content = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    machines = {name: MachinePrice(name, **fields) for name, fields in content["machines"].items()}
    return PriceTable(content["as_of"].isoformat(), machines)
