"""The ledger of a run: seconds of nodes × price, for each try, each stage, and the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from components.publish.settings import PublishSettings
from components.shared.contracts.forecast import Forecast, StageForecast, cost_usd
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import StageCost, Totals, TryCost
from components.shared.contracts.training import TrainFigures
from components.shared.stages import GPU_STAGES
from components.shared.tries import Tries


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars an hour of the nodes: those of the settings, else those that the forecast was made with."""

    settings: PublishSettings
    forecast: Forecast | None = None

    def stage(self, stage: str) -> StageForecast | None:
        return self.forecast.stages.get(stage) if self.forecast else None

    def usd_per_hour(self, stage: str, *, on_gpu: bool) -> float | None:
        """None where it is not known."""
        given = self.settings.gpu_usd_per_hour if on_gpu else self.settings.cpu_usd_per_hour
        expected = self.stage(stage)
        return given or (expected.usd_per_hour if expected else None)


def stage_cost(
    stage: str,
    record: StageRecord | None,
    tries: Tries | None,
    prices: Prices,
    chosen: dict[str, JsonValue] | None,
) -> StageCost:
    """What a stage took in all its tries.

    The record includes the tries before its own, `tries` those after it too, up to their last heartbeat: the
    larger value counts.
    """
    last, counted = record or StageRecord(stage=stage), tries or Tries()
    seconds = max(last.seconds, counted.seconds)
    gpu_seconds = [each for each in (last.gpu_seconds, counted.gpu_seconds) if each is not None]
    price = prices.usd_per_hour(stage, on_gpu=stage in GPU_STAGES or any(gpu_seconds))
    return StageCost(
        seconds=seconds,
        cpu_seconds=max(last.cpu_seconds, counted.cpu_seconds),
        gpu_seconds=max(gpu_seconds, default=None),
        peak_memory_bytes=record.peak_memory_bytes if record else None,
        cost_usd=cost_usd(seconds, price),
        usd_per_hour=price,
        tries=_each_try(seconds, counted, price),
        retries=tries_of(record, tries) - 1,
        cached=False,
        settings=record.settings if record and record.settings else chosen,
        versions=record.versions if record else None,
    ).replace(**_expected(prices.stage(stage), seconds))


def cached_stage(
    expected: StageForecast | None, cached: bool | None, chosen: dict[str, JsonValue] | None
) -> StageCost:
    """A stage that did not run: its result came from the cache, or the run ended before it (None)."""
    saved = expected.cost_usd if expected and cached else None
    cost = StageCost(cached=cached, settings=chosen, saved_by_cache_usd=saved)
    return cost.replace(**_expected(expected, None))


def totals(
    stages: Mapping[str, StageCost],
    started: Iterable[str],
    prices: Prices,
    train: TrainFigures,
    *,
    tries: int,
) -> Totals:
    """Sums over the stages that `started`, beside the forecast of all of them."""
    counted = [stages[stage] for stage in started if stage in stages]
    forecast = prices.forecast
    saved = [stage.saved_by_cache_usd for stage in stages.values() if stage.saved_by_cache_usd is not None]
    return Totals(
        seconds=_sum(cost.seconds for cost in counted),
        cost_usd=_sum(cost.cost_usd for cost in counted),
        spot_cost_usd=_sum(cost.spot_cost_usd for cost in counted),
        forecast_seconds=forecast.seconds() if forecast else None,
        forecast_cost_usd=forecast.cost_usd() if forecast else None,
        forecast_relative_error=forecast.relative_error if forecast else None,
        saved_by_cache_usd=sum(saved) if saved else None,
        saved_by_early_end_usd=_saved_by_early_end(stages.get("train"), train),
        budget_usd=forecast.budget_usd if forecast else None,
        prices_as_of=forecast.prices_as_of if forecast else None,
        tries=tries,
    )


def tries_of(record: StageRecord | None, tries: Tries | None) -> int:
    """A killed try is counted and leaves no record; on one machine there is a record and no count."""
    return max(tries.count if tries else 0, record.retries + 1 if record else 0)


def _each_try(seconds: float, tries: Tries, price: float | None) -> list[TryCost]:
    """The tries that stored their time; what the record knows beyond that belongs to the last one."""
    each = list(tries.seconds_of_each) or [0.0]
    each[-1] += max(0.0, seconds - sum(each))
    return [TryCost(seconds=one, cost_usd=cost_usd(one, price)) for one in each]


def _expected(stage: StageForecast | None, seconds: float | None) -> dict[str, float | None]:
    if stage is None:
        return {}
    return {
        "forecast_seconds": stage.seconds,
        "forecast_cost_usd": stage.cost_usd,
        "spot_cost_usd": None if seconds is None else cost_usd(seconds, stage.spot_usd_per_hour),
    }


def _saved_by_early_end(cost: StageCost | None, train: TrainFigures) -> float | None:
    if cost is None or train.ended_early is None:
        return None
    return cost_usd(train.ended_early.saved_seconds, cost.usd_per_hour)


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum; None if there is no value, or one of them is unknown."""
    known = list(values)
    return None if not known or None in known else sum(value for value in known if value is not None)
