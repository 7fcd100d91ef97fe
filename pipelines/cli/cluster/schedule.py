"""Create a schedule of passes over an inbox, and list schedules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from pipelines.cli.cluster.connection import open_kubeflow
from pipelines.cli.cluster.package import choose_package, read_parameters
from pipelines.cli.display.tables import Column, print_table
from pipelines.cli.failure import wrong_usage
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.client.cron import read_interval, six_fields
from pipelines.client.runs import experiment_id
from pipelines.client.schedules import Schedule, Trigger, create_schedule
from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs

TIME_ZONE = "UTC, or the time zone in Kubeflow's CRON_SCHEDULE_TIMEZONE"

_COLUMNS = (
    Column("name", wraps=True),
    Column("when", wraps=True),
    Column("state", drops=1),
    Column("inbox", wraps=True),
    Column("schedule"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleRequest:
    """Arguments and options of `kubesplat schedule create`."""

    parameters: dict[str, Any]
    settings: GivenSettings
    package: Path | None
    cron: str | None
    every: str | None
    name: str
    experiment: str
    enabled: bool

    def trigger(self) -> Trigger:
        if (self.cron is None) == (self.every is None):
            raise wrong_usage("give one of --cron and --every", "--cron / --every")
        try:
            if self.cron is not None:
                return Trigger(cron=six_fields(self.cron))
            return Trigger(interval_seconds=read_interval(self.every or ""))
        except ValueError as error:
            raise wrong_usage(str(error), "--cron" if self.cron else "--every") from error


def schedule_inbox(
    request: ScheduleRequest, host: str | None, namespace: str | None, token_file: Path | None
) -> None:
    """Create the schedule and print its name, trigger and link."""
    trigger = request.trigger()
    with choose_package(request.package, define_inbox_to_sogs) as package:
        parameters = read_parameters(package, request.parameters, request.settings)
        kubeflow = open_kubeflow(host, namespace, token_file)
        schedule = create_schedule(
            kubeflow,
            package,
            parameters,
            trigger,
            name=request.name,
            experiment=experiment_id(kubeflow, request.experiment),
            enabled=request.enabled,
        )
    zone = f" ({TIME_ZONE})" if trigger.cron else ""
    typer.echo(f"Scheduled {schedule.name!r}: {trigger}{zone}")
    link = kubeflow.link(f"recurringrun/details/{schedule.id}")
    if link:
        typer.echo(f"  {link}")
    if not request.enabled:
        typer.echo(f"\nStart it: kubesplat schedule enable {schedule.name}")


def show_schedules(schedules: list[Schedule]) -> None:
    console = Console(highlight=False)
    if not schedules:
        console.print("There are no schedules. Create one with `kubesplat schedule create`.", markup=False)
        return
    rows = [
        (
            each.name,
            str(each.trigger),
            "enabled" if each.enabled else "disabled",
            str(each.parameters.get("inbox", "")),
            each.id,
        )
        for each in schedules
    ]
    print_table(_COLUMNS, rows, console)
    if any(each.trigger.cron for each in schedules):
        console.print(f"\nTimes are {TIME_ZONE}.", markup=False)
