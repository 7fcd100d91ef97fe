"""The work of `kubesplat inspect`: the inspection, its display, and the gates that it foresees."""

from __future__ import annotations

from collections.abc import Mapping

import typer
from rich.console import Console

from components.sfm.settings import SfmSettings
from components.shared.check_budget import check_budget
from components.shared.errors import ReconstructionError
from components.shared.settings import Settings
from pipelines.cli.check_job import check_capture, resolve
from pipelines.cli.display.inspection import show_inspection
from pipelines.cli.display.stage_progress import stage_progress
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.costs.nodes import cluster_nodes, this_machine
from pipelines.inspect_capture.inspect_capture import inspect_capture
from pipelines.inspect_capture.inspection import Inspection
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
    _check_gate(found, by_stage)
    if found.forecast.budget_usd is not None:
        check_budget(found.forecast, found.forecast.budget_usd)


def _check_gate(found: Inspection, settings: Mapping[str, Settings]) -> None:
    sfm = settings["sfm"]
    assert isinstance(sfm, SfmSettings), "settings are by stage"
    if found.expected_registered_fraction < sfm.min_registered_fraction:
        raise ReconstructionError(
            f"{found.expected_registered} of {found.capture.accepted} photos are expected to fit together "
            f"({found.expected_registered_fraction:.0%}); a run needs {sfm.min_registered_fraction:.0%}",
            remedy="Take more photos between those that nothing connects, each overlapping the one before by "
            "two thirds; or lower --min-registered-fraction.",
        )
