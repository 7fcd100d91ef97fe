"""The work of `kubesplat inspect`: the inspection, its display, and the gates that it foresees."""

from __future__ import annotations

import typer
from rich.console import Console

from components.shared.check_budget import check_budget
from pipelines.cli.check_job import check_capture, resolve
from pipelines.cli.display.inspection import show_inspection
from pipelines.cli.display.stage_progress import stage_progress
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.costs.nodes import cluster_nodes, this_machine
from pipelines.inspect_capture.inspect_capture import inspect_capture
from pipelines.task_settings.defaults import PipelineSettings


def inspect_and_show(capture: str, settings: GivenSettings, *, here: bool, as_json: bool) -> None:
    """Print what a run would make of the capture.

    Raises:
        InputError: the capture cannot be used.
        ReconstructionError: too few photos are expected to fit together; everything is printed all the same.
        BudgetError: the run is expected to cost more than it may.
    """
    check_capture(capture)
    by_stage = settings.by_stage()
    nodes = this_machine() if here else cluster_nodes(PipelineSettings())
    with stage_progress("inspect") as on_progress:
        found = inspect_capture(resolve(capture), by_stage, nodes, on_progress)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        show_inspection(found, Console(highlight=False))
    if found.unmet_gate:
        raise found.unmet_gate.to_error()
    if found.forecast.budget_usd is not None:
        check_budget(found.forecast, found.forecast.budget_usd)
