"""What the budget of a run leaves for training: refuse before it starts, or end it early."""

from __future__ import annotations

import logging

from components.shared.check_budget import check_budget
from components.shared.contracts.forecast import Forecast, cost_usd
from components.shared.dollars import dollars
from components.shared.stage import read_records
from components.shared.stage_clock import StageClock
from components.shared.stages import STAGE_NAMES, stages_before
from components.shared.storage import Storage
from components.shared.stored_forecast import read_forecast
from components.shared.tries import Tries
from components.train.settings import TrainSettings

_AFTER_THE_LOOP = 0.15
"""Of the time that is left, for the clean-up, the measurement and the packing that follow the last step."""
_SHORTEST_MINUTES = 0.01
_log = logging.getLogger(__name__)


def within_budget(
    settings: TrainSettings, storage: Storage, earlier: Tries, clock: StageClock
) -> TrainSettings:
    """The settings, with `max_minutes` lowered to what the budget leaves for this try.

    `storage` is the run's output, with its forecast and the records of the stages that ran. `earlier` are the
    tries of training before this one, `clock` is that of this one.

    Raises:
        BudgetError: training and the stages after it are expected to cost more than is left.
    """
    forecast = read_forecast(storage) if settings.budget_usd is not None else None
    if forecast is None or settings.budget_usd is None:
        return settings
    price = forecast.stages["train"].usd_per_hour
    assert price is not None, "the run's first task refuses a budget without prices"
    spent = _spent(forecast, storage) + (cost_usd(earlier.seconds, price) or 0.0)
    if earlier.count == 0:
        check_budget(forecast, settings.budget_usd, first_stage="train", spent_usd=spent)
    left = settings.budget_usd - spent - (forecast.cost_usd(_stages_after()) or 0.0)
    seconds = (1 - _AFTER_THE_LOOP) * max(0.0, left) / price * 3600 - clock.seconds()
    minutes = max(_SHORTEST_MINUTES, min(seconds / 60, settings.max_minutes or seconds / 60))
    _log.info("the budget leaves %s for training: at most %.1f minutes", dollars(left), minutes)
    return settings.model_copy(update={"max_minutes": minutes})


def _stages_after() -> tuple[str, ...]:
    return STAGE_NAMES[STAGE_NAMES.index("train") + 1 :]


def _spent(forecast: Forecast, storage: Storage) -> float:
    """What the stages before training took; those from a cache took nothing."""
    records = read_records(storage, stages_before("train"))
    costs = (cost_usd(each.seconds, forecast.stages[name].usd_per_hour) for name, each in records.items())
    return sum(cost or 0.0 for cost in costs)
