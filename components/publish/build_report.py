"""`report.json`: what a run did, found and cost, from the records its stages left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.publish.verdict import Record, find_failure
from components.shared.stages import GPU_STAGES, REPORT_PARTS, STAGE_NAMES
from components.shared.tries import Tries

_FIGURES = {
    "ingest": ("images", "accepted", "rejected"),
    "sfm": (
        "registered",
        "registered_fraction",
        "points",
        "reprojection_error_px",
        "attempts",
        "unregistered",
    ),
    "train": (
        "backend",
        "device",
        "steps",
        "gaussians",
        "psnr_db",
        "ssim",
        "lpips",
        "seconds",
        "resumed_from_step",
    ),
    "compress": ("bytes", "ply_bytes", "ratio", "bytes_per_gaussian", "order", "seconds"),
    "evaluate": ("psnr_db", "ssim", "lpips", "psnr_drop_db"),
}
"""Per stage: the figures that every report names, measured or not."""


def build_report(
    records: Mapping[str, Record],
    *,
    state: RunState,
    settings: PublishSettings,
    tries: Mapping[str, Tries] | None = None,
    run: str | None = None,
) -> dict[str, Any]:
    """Assemble the report of `run` from its stages' records and tries and from the platform's word on it."""
    tries = tries or {}
    failure = find_failure(records, tries, state, STAGE_NAMES)
    stages = {
        stage: _stage(stage, records.get(stage), tries.get(stage), failure is None, settings)
        for stage in STAGE_NAMES
    }
    begun = [stages[stage] for stage in STAGE_NAMES if stage in records or stage in tries]
    recovered = records["publish"]["figures"].get("parts", {}) if "publish" in records else {}
    return {
        "schema": 1,
        "run": run,
        "status": "failed" if failure else "succeeded",
        "failure": failure,
        **{
            part: _part(records.get(stage), recovered.get(part), _FIGURES[stage])
            for stage, part in REPORT_PARTS.items()
        },
        "stages": stages,
        "totals": {
            "seconds": _sum(stage["seconds"] for stage in begun),
            "cost_usd": _sum(stage["cost_usd"] for stage in begun),
            "forecast_cost_usd": None,
            "tries": _total_tries(records, tries),
        },
    }


def _part(
    record: Record | None, recovered: Mapping[str, Any] | None, names: tuple[str, ...]
) -> dict[str, Any]:
    """A stage's own figures, or where it did not run, those that publishing found in its artifact."""
    return dict.fromkeys(names) | dict(record["figures"] if record else recovered or {})


def _stage(
    stage: str, record: Record | None, tries: Tries | None, succeeded: bool, settings: PublishSettings
) -> dict[str, Any]:
    """A stage without record and tries in a run that succeeded did not have to run: it came from the cache.

    The record of a try that ended counts the tries before it; those after it left their time alone.
    """
    begun = record is not None or tries is not None
    seconds, cpu_seconds = (
        max(float(record[name]) if record else 0.0, getattr(tries, name, 0.0)) if begun else None
        for name in ("seconds", "cpu_seconds")
    )
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "gpu_seconds": _gpu_seconds(record, tries),
        "peak_memory_bytes": record["peak_memory_bytes"] if record else None,
        "cost_usd": _cost(stage, seconds, settings),
        "retries": _tries(record, tries) - 1 if begun else None,
        "cached": False if begun else (True if succeeded else None),
    }


def _gpu_seconds(record: Record | None, tries: Tries | None) -> float | None:
    known = [record["gpu_seconds"] if record else None, tries.gpu_seconds if tries else None]
    return max((each for each in known if each is not None), default=None)


def _tries(record: Record | None, tries: Tries | None) -> int:
    """A killed try leaves a count and no record; on one machine there is a record and no count."""
    return max(tries.count if tries else 0, record["retries"] + 1 if record else 0)


def _total_tries(records: Mapping[str, Record], tries: Mapping[str, Tries]) -> int:
    """Of everything that was begun, small tasks beside the stages included."""
    return sum(_tries(records.get(name), tries.get(name)) for name in {**records, **tries})


def _cost(stage: str, seconds: float | None, settings: PublishSettings) -> float | None:
    price = settings.gpu_usd_per_hour if stage in GPU_STAGES else settings.cpu_usd_per_hour
    return None if seconds is None or price is None else seconds / 3600 * price


def _sum(values: Any) -> float | None:
    """The sum, or None as soon as one of the values is unknown."""
    known = list(values)
    return None if not known or None in known else sum(known)
