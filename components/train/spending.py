"""What the budget of a run leaves for training: refuse before it starts, or end it early."""

from __future__ import annotations

import logging

from components.shared.contracts.forecast import Forecast, cost_usd
from components.shared.dollars import dollars
from components.shared.errors import BudgetError
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
    left = settings.budget_usd - _spent(forecast, storage) - (cost_usd(earlier.seconds, price) or 0.0)
    left -= forecast.cost_usd(_stages_after()) or 0.0
    needed = forecast.stages["train"].cost_usd or 0.0
    if earlier.count == 0 and needed > left:
        raise _too_expensive(forecast, settings.budget_usd, left)
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


def _too_expensive(forecast: Forecast, budget: float, left: float) -> BudgetError:
    train = forecast.stages["train"].cost_usd
    return BudgetError(
        f"training is expected to cost {dollars(train)} (± {forecast.relative_error:.0%}), and the budget of "
        f"{dollars(budget)} leaves {dollars(max(0.0, left))} for it, after what the run has spent and what "
        "the last stages take",
        remedy="Raise --budget-usd, or ask for less: --preset draft, fewer --steps or --max-gaussians.",
    )
