"""Builds the content of `report.json` from the records and tries of a run's stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.publish.verdict import find_failure
from components.shared.contracts.record import StageRecord
from components.shared.contracts.report import (
    PublishFigures,
    Report,
    ReportParts,
    RunStatus,
    StageCost,
    Totals,
)
from components.shared.stages import GPU_STAGES, REPORT_PARTS, STAGE_NAMES
from components.shared.tries import Tries


def build_report(
    records: Mapping[str, StageRecord],
    *,
    state: RunState,
    settings: PublishSettings,
    chosen: Mapping[str, dict[str, JsonValue]] | None = None,
    tries: Mapping[str, Tries] | None = None,
    run: str | None = None,
) -> Report:
    """The report of `run`; `state` is what the platform reports, `settings` are the prices.

    `chosen` are the settings of all stages, for those that left no record of theirs.
    """
    tries, chosen = tries or {}, chosen or {}
    failure = find_failure(records, tries, state, STAGE_NAMES)
    started = {**records, **tries}
    cached = None if failure else True
    stages = {
        stage: _cost(stage, records.get(stage), tries.get(stage), settings, chosen.get(stage))
        if stage in started
        else StageCost(cached=cached, settings=chosen.get(stage))
        for stage in STAGE_NAMES
    }
    counted = [cost for stage, cost in stages.items() if stage in started]
    return Report(
        run=run,
        status=RunStatus.FAILED if failure else RunStatus.SUCCEEDED,
        failure=failure,
        **dict(_parts(records)),
        stages=stages,
        totals=Totals(
            seconds=_sum(cost.seconds for cost in counted),
            cost_usd=_sum(cost.cost_usd for cost in counted),
            tries=sum(_tries(records.get(name), tries.get(name)) for name in started),
        ),
    )


def _parts(records: Mapping[str, StageRecord]) -> ReportParts:
    """Figures of the stages that ran; for the others those that `publish` read from their artifacts."""
    published = records["publish"].figures if "publish" in records else {}
    measured = {part: records[stage].figures for stage, part in REPORT_PARTS.items() if stage in records}
    return PublishFigures.model_validate(published).parts.replace(**measured)


def _cost(
    stage: str,
    record: StageRecord | None,
    tries: Tries | None,
    settings: PublishSettings,
    chosen: dict[str, JsonValue] | None,
) -> StageCost:
    """What a stage took in all its tries.

    The record includes the tries before its own, `tries` those after it too, up to their last heartbeat: the
    larger value counts.
    """
    last, counted = record or StageRecord(stage=stage), tries or Tries()
    seconds = max(last.seconds, counted.seconds)
    gpu_seconds = [each for each in (last.gpu_seconds, counted.gpu_seconds) if each is not None]
    on_gpu = stage in GPU_STAGES or any(gpu_seconds)
    price = settings.gpu_usd_per_hour if on_gpu else settings.cpu_usd_per_hour
    return StageCost(
        seconds=seconds,
        cpu_seconds=max(last.cpu_seconds, counted.cpu_seconds),
        gpu_seconds=max(gpu_seconds, default=None),
        peak_memory_bytes=record.peak_memory_bytes if record else None,
        cost_usd=None if price is None else seconds / 3600 * price,
        retries=_tries(record, tries) - 1,
        cached=False,
        settings=record.settings if record and record.settings else chosen,
        versions=record.versions if record else None,
    )


def _tries(record: StageRecord | None, tries: Tries | None) -> int:
    """A killed try is counted and leaves no record; on one machine there is a record and no count."""
    return max(tries.count if tries else 0, record.retries + 1 if record else 0)


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum; None if there is no value, or one of them is unknown."""
    known = list(values)
    return None if not known or None in known else sum(value for value in known if value is not None)
