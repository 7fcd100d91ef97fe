"""The ledger of a run as metrics; what is not known has no metric."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

from components.shared.contracts.report import Report


def cost_metrics(report: Report) -> CollectorRegistry:
    """US dollars and seconds of each stage and of the run, forecast and actual, and what was saved."""
    registry, totals = CollectorRegistry(), report.totals
    for field, text in (
        ("cost_usd", "Node time of the stage at its price, all tries together"),
        ("forecast_cost_usd", "The same as it was expected before the run"),
        ("forecast_seconds", "Wall-clock time of the stage as it was expected before the run"),
    ):
        values = {stage: getattr(cost, field) for stage, cost in report.stages.items()}
        _gauge(f"kubesplat_stage_{field}", text, "stage", values, registry)
    for field, text in (
        ("cost_usd", "Node time of all stages at their prices, all tries together"),
        ("spot_cost_usd", "The same at the table's prices of spot capacity"),
        ("forecast_cost_usd", "What the run was expected to cost before it began"),
        ("budget_usd", "What the run was allowed to cost"),
    ):
        value = getattr(totals, field)
        if value is not None:
            Gauge(f"kubesplat_run_{field}", text, registry=registry).set(value)
    saved = {"cache": totals.saved_by_cache_usd, "early_end": totals.saved_by_early_end_usd}
    _gauge("kubesplat_run_saved_usd", "What the run did not have to pay", "by", saved, registry)
    return registry


def _gauge(
    name: str, text: str, label: str, values: Mapping[str, float | None], registry: CollectorRegistry
) -> None:
    gauge = Gauge(name, text, [label], registry=registry)
    for each, value in values.items():
        if value is not None:
            gauge.labels(each).set(value)
