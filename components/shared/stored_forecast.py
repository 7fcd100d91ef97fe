"""The forecast of a run, stored beside the records of its stages."""

from __future__ import annotations

from components.shared.contracts.forecast import Forecast
from components.shared.run_layout import forecast_name
from components.shared.storage import Storage, put_json


def store_forecast(storage: Storage, forecast: Forecast) -> None:
    """Store what the first task of the run expects."""
    put_json(storage, forecast_name(), forecast.to_json())


def read_forecast(storage: Storage) -> Forecast | None:
    """What the first task of the run stored; None where it did not get that far."""
    name = forecast_name()
    return Forecast.parse(storage.read_bytes(name), name) if storage.exists(name) else None
