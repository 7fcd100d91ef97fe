"""Rows of the page's table of times and costs: what each stage took, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.shared.contracts.forecast import Forecast, cost_usd
from components.shared.contracts.record import StageRecord
from components.shared.dollars import dollars
from components.shared.progress import duration


@dataclass(frozen=True, slots=True)
class CostRow:
    """One stage; texts are empty where something is not known."""

    stage: str
    percent_of_longest: float
    seconds: float
    expected: str
    cost: str
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True)
class CostTable:
    """The stages so far, and sentences on all of them."""

    rows: Sequence[CostRow]
    lead: str


def cost_table(stages: Sequence[StageRecord], forecast: Forecast | None) -> CostTable | None:
    """The table of the stages that took time; None without any."""
    ran = [stage for stage in stages if stage.seconds > 0]
    if not ran:
        return None
    longest = max(stage.seconds for stage in ran)
    rows = [
        CostRow(
            stage=stage.stage,
            percent_of_longest=100 * stage.seconds / longest,
            seconds=stage.seconds,
            expected=_expected(stage.stage, forecast),
            cost=dollars(_cost(stage, forecast)),
            peak_memory_bytes=stage.peak_memory_bytes,
        )
        for stage in ran
    ]
    return CostTable(rows, _lead(ran, forecast))


def _expected(stage: str, forecast: Forecast | None) -> str:
    found = forecast.stages.get(stage) if forecast else None
    return f"{duration(found.seconds)} expected" if found else ""


def _cost(stage: StageRecord, forecast: Forecast | None) -> float | None:
    found = forecast.stages.get(stage.stage) if forecast else None
    return cost_usd(stage.seconds, found.usd_per_hour if found else None)


def _lead(ran: Sequence[StageRecord], forecast: Forecast | None) -> str:
    took = duration(sum(stage.seconds for stage in ran))
    costs = [_cost(stage, forecast) for stage in ran]
    known = [cost for cost in costs if cost is not None]
    spent = f" and {dollars(sum(known))}" if len(known) == len(costs) else ""
    sentences = [f"{took}{spent} until this page was written."]
    if forecast:
        total = f", {dollars(whole)}" if (whole := forecast.cost_usd()) is not None else ""
        error = f"± {forecast.relative_error:.0%}"
        sentences.append(
            f"The whole run was expected to take {duration(forecast.seconds())}{total}, {error}."
        )
    if forecast and forecast.budget_usd is not None:
        sentences.append(f"Its budget was {dollars(forecast.budget_usd)}.")
    return " ".join(sentences)
