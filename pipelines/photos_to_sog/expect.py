"""What a run is expected to take and to cost, before it begins; its budget is checked against that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from components.ingest.settings import IngestSettings
from components.shared.contracts.forecast import Forecast
from components.shared.environment import RUN_VARIABLE
from components.shared.settings import Settings
from components.shared.storage import open_storage
from components.shared.stored_forecast import store_forecast
from pipelines.costs.capture_size import size_of_files
from pipelines.costs.forecast import forecast_run
from pipelines.costs.nodes import parse_nodes, this_machine
from pipelines.costs.work import Run


def expect(
    files: Iterable[Mapping[str, Any]], settings: Mapping[str, Settings], nodes: str, output: str
) -> Forecast:
    """Forecast the run from the capture's listing, and store that at the run's output.

    `nodes` are those of the cluster's tasks; a run without an id is on this machine.
    """
    ingest = settings["ingest"]
    assert isinstance(ingest, IngestSettings)
    sizes = {str(file["name"]): int(file["bytes"]) for file in files}
    on_cluster = bool(os.environ.get(RUN_VARIABLE) and nodes)
    size = size_of_files(sizes, ingest.max_video_frames)
    forecast = forecast_run(Run.of(size, settings), parse_nodes(nodes) if on_cluster else this_machine())
    store_forecast(open_storage(output), forecast)
    return forecast
