"""From an inbox and a time to a schedule on the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from pipelines.cli.cluster.package import chosen_package, open_kubeflow, read_parameters
from pipelines.cli.display.tables import Column, print_table
from pipelines.cli.failure import wrong_usage
from pipelines.client.cron import read_interval, six_fields
from pipelines.client.schedules import Schedule, When, create_schedule

TIME_ZONE = "UTC, or what CRON_SCHEDULE_TIMEZONE of Kubeflow says"

_COLUMNS = (
    Column("name", wraps=True),
    Column("when", wraps=True),
    Column("state", drops=1),
    Column("inbox", wraps=True),
    Column("schedule"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What `kubesplat schedule create` was told."""

    parameters: dict[str, Any]
    settings: tuple[str, ...]
    package: Path | None
    cron: str | None
    every: str | None
    name: str
    experiment: str
    enabled: bool

    def when(self) -> When:
        if (self.cron is None) == (self.every is None):
            raise wrong_usage("give one of --cron and --every", "--cron / --every")
        try:
            if self.cron is not None:
                return When(cron=six_fields(self.cron))
            return When(interval_seconds=read_interval(self.every or ""))
        except ValueError as error:
            raise wrong_usage(str(error), "--cron" if self.cron else "--every") from error


def schedule_inbox(wish: Wish, host: str | None, namespace: str | None, token_file: Path | None) -> None:
    """Make the schedule and say what it is."""
    from pipelines.client.runs import experiment_id
    from pipelines.inbox_to_sogs.compile import compile_package

    when = wish.when()
    with chosen_package(wish.package, compile_package) as package:
        parameters = read_parameters(package, wish.parameters, wish.settings)
        kubeflow = open_kubeflow(host, namespace, token_file)
        schedule = create_schedule(
            kubeflow,
            package,
            parameters,
            when,
            name=wish.name,
            experiment=experiment_id(kubeflow, wish.experiment),
            enabled=wish.enabled,
        )
    zone = f" ({TIME_ZONE})" if when.cron else ""
    typer.echo(f"Scheduled {schedule.name!r}: {when.in_words()}{zone}")
    link = kubeflow.link(f"recurringrun/details/{schedule.id}")
    if link:
        typer.echo(f"  {link}")
    if not wish.enabled:
        typer.echo(f"\nBegin: kubesplat schedule enable {schedule.name}")


def show_schedules(schedules: list[Schedule]) -> None:
    console = Console(highlight=False)
    if not schedules:
        console.print("There are no schedules. Make one with `kubesplat schedule create`.", markup=False)
        return
    rows = [
        (
            each.name,
            each.when.in_words(),
            "enabled" if each.enabled else "disabled",
            str(each.parameters.get("inbox", "")),
            each.id,
        )
        for each in schedules
    ]
    print_table(_COLUMNS, rows, console)
    if any(each.when.cron for each in schedules):
        console.print(f"\nTimes are {TIME_ZONE}.", markup=False)
