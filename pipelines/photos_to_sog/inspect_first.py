"""The inspection of a capture before the stages of its run: what it finds stops the run, or serves it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from pydantic import JsonValue

from components.shared.check_budget import check_budget
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import InputError
from components.shared.progress import OnProgress, ignore_progress
from components.shared.run_layout import settings_name
from components.shared.stage import StageRun
from components.shared.storage import get_json, open_storage
from components.shared.stored_forecast import store_forecast
from pipelines.inspect_capture.inspect_capture import inspect_capture
from pipelines.inspect_capture.inspection import Inspection
from pipelines.photos_to_sog.expect import nodes_of_run
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS, merge

NOTHING = "{}"
"""The text that asks for no inspection: Kubeflow passes it on as surely as the settings of a stage."""
_NOT_CONVINCED = "If you know that they overlap, switch the inspection off: --inspect off."


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectionJob:
    """What the first task of a run asks of the task `inspect`, as one text."""

    capture: str
    output: str
    run: str
    """Id of the run on its cluster, so that no other run has the same text and its result from a cache."""

    @classmethod
    def of(cls, capture: str, output: str) -> InspectionJob:
        """Of this run."""
        return cls(capture=capture, output=output, run=os.environ.get(RUN_VARIABLE, ""))

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> InspectionJob | None:
        """None where nothing is to be inspected."""
        return cls(**json.loads(text)) if text != NOTHING else None


def inspect_first(
    job: InspectionJob, nodes: str, record: StageRun, on_progress: OnProgress = ignore_progress
) -> None:
    """Inspect the capture with the run's settings, store its forecast, and set the record's figures.

    `nodes` are those of the cluster's tasks, as `nodes_text` writes them.

    Raises:
        InputError: the capture cannot be used.
        ReconstructionError: too few photos are expected to be registered.
        BudgetError: training and the stages after it are expected to cost more than the run may.
    """
    storage = open_storage(job.output)
    settings = merge(STAGE_SETTINGS, [get_json(storage, settings_name())])
    record.settings = settings["inspect"].resolved()
    try:
        found = inspect_capture(job.capture, settings, nodes_of_run(nodes), on_progress)
    except InputError as error:
        error.figures = {"capture": error.figures}
        raise
    record.figures = _figures(found)
    store_forecast(storage, found.forecast)
    if found.unmet_gate:
        unmet = found.unmet_gate
        raise unmet.replace(remedy=f"{unmet.remedy} {_NOT_CONVINCED}").to_error()
    if found.forecast.budget_usd is not None:  # the stages before training may come from a cache
        check_budget(found.forecast, found.forecast.budget_usd, first_stage="train")


def _figures(found: Inspection) -> dict[str, JsonValue]:
    """The parts of the report that an inspection knows."""
    return {"capture": found.capture.to_json(), "inspection": found.figures().to_json()}
