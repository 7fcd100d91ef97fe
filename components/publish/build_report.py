"""Builds the content of `report.json` from the records and tries of a run's stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from components.publish.cost_ledger import Prices, cached_stage, stage_cost, totals, tries_of
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.publish.verdict import find_failure
from components.shared.contracts.forecast import Forecast
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import (
    PublishFigures,
    Report,
    ReportParts,
    RunStatus,
)
from components.shared.stages import REPORT_PARTS, REQUIRED_STAGES, STAGE_NAMES
from components.shared.tries import Tries


def build_report(
    records: Mapping[str, StageRecord],
    *,
    state: RunState,
    settings: PublishSettings,
    forecast: Forecast | None = None,
    chosen: Mapping[str, dict[str, JsonValue]] | None = None,
    tries: Mapping[str, Tries] | None = None,
    run: str | None = None,
) -> Report:
    """The report of `run`; `state` is what the platform reports, `settings` are the prices that were given.

    `forecast` is what the run's first task expected, None where it did not get that far. `chosen` are the
    settings of all stages, for those that left no record of theirs.
    """
    tries, chosen = tries or {}, chosen or {}
    started = {**records, **tries}
    present = _present_stages(started, chosen)
    failure = find_failure(records, tries, state, present)
    cached = None if failure else True
    prices = Prices(settings, forecast)
    stages = {
        stage: stage_cost(stage, records.get(stage), tries.get(stage), prices, chosen.get(stage))
        if stage in started
        else cached_stage(prices.stage(stage), cached, chosen.get(stage))
        for stage in present
    }
    parts = _parts(records)
    return Report(
        run=run,
        status=RunStatus.FAILED if failure else RunStatus.SUCCEEDED,
        failure=failure,
        **dict(parts),
        stages=stages,
        totals=totals(
            stages,
            started,
            prices,
            parts.train,
            tries=sum(tries_of(records.get(name), tries.get(name)) for name in started),
        ),
        files={} if failure else _published(records).files,
    )


def _present_stages(started: Iterable[str], chosen: Mapping[str, dict[str, JsonValue]]) -> list[str]:
    """Of the optional stages those that the run began or was to begin."""
    asked = ["inspect"] if chosen.get("inspect", {}).get("enabled") else []
    return [name for name in STAGE_NAMES if name in (*REQUIRED_STAGES, *started, *asked)]


def _parts(records: Mapping[str, StageRecord]) -> ReportParts:
    """Figures of the stages that ran; for the others those that `publish` read from their artifacts.

    Of the capture an inspection knows as much as ingest, which a run that it stops does not reach.
    """
    published = _published(records)
    inspected = records["inspect"].figures if "inspect" in records else {}
    measured = {part: records[stage].figures for stage, part in REPORT_PARTS.items() if stage in records}
    return published.parts.replace(**{**inspected, **measured})


def _published(records: Mapping[str, StageRecord]) -> PublishFigures:
    return PublishFigures.model_validate(records["publish"].figures if "publish" in records else {})
