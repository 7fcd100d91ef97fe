"""What a run is expected to take and to cost, before it begins; its budget is checked against that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from components.ingest.settings import IngestSettings
from components.shared.check_budget import check_budget
from components.shared.contracts.forecast import Forecast
from components.shared.dollars import dollars
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import InputError
from components.shared.settings import Settings
from components.shared.storage import open_storage
from components.shared.stored_forecast import store_forecast
from pipelines.costs.capture_size import size_of_files
from pipelines.costs.forecast import forecast_run
from pipelines.costs.nodes import Nodes, parse_nodes, this_machine
from pipelines.costs.work import Run
from pipelines.inspect_capture.settings import inspects


def expect(
    files: Iterable[Mapping[str, Any]], settings: Mapping[str, Settings], nodes: str, output: str
) -> Forecast:
    """Forecast the run from the capture's listing, and store that at the run's output.

    `nodes` are those of the cluster's tasks. A run that inspects its capture checks its budget after that,
    with a better forecast.

    Raises:
        InputError: the run has a budget, and prices that it needs are not known.
        BudgetError: training and the stages after it are expected to cost more than the run may.
    """
    ingest = settings["ingest"]
    assert isinstance(ingest, IngestSettings)
    sizes = {str(file["name"]): int(file["bytes"]) for file in files}
    run = Run.of(size_of_files(sizes, ingest.max_video_frames), settings)
    forecast = forecast_run(run, nodes_of_run(nodes), inspects=inspects(settings))
    store_forecast(open_storage(output), forecast)
    check_prices(forecast)
    if forecast.budget_usd is not None and not inspects(settings):
        # The stages before training may come from a cache.
        check_budget(forecast, forecast.budget_usd, first_stage="train")
    return forecast


def nodes_of_run(nodes: str) -> Nodes:
    """Those of the cluster's tasks; a run without an id is on this machine."""
    on_cluster = bool(os.environ.get(RUN_VARIABLE) and nodes)
    return parse_nodes(nodes) if on_cluster else this_machine()


def check_prices(forecast: Forecast) -> None:
    """Raise an InputError if the run has a budget, and the price of one of its stages is not known."""
    unknown = [name for name, stage in forecast.stages.items() if stage.usd_per_hour is None]
    if forecast.budget_usd is not None and unknown:
        raise InputError(
            f"the run may cost {dollars(forecast.budget_usd)}, and what a machine costs is not known for "
            f"{', '.join(unknown)}",
            remedy="Give --cpu-usd-per-hour and --gpu-usd-per-hour, or no --budget-usd.",
        )
