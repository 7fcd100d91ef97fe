"""`kubesplat schedule`: recurring passes over an inbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.options import common, kubeflow
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.cli.options.settings import takes_settings
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES

app = typer.Typer(
    help="Turn every new capture in an inbox into a scene, on a schedule, on a cluster.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Schedule = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Name or id of a schedule.")]


@app.command()
@takes_settings(INBOX_OPTIONS, INBOX_STAGES, on_cluster=True)
def create(
    inbox: Annotated[
        str,
        typer.Argument(metavar="INBOX", help="Where captures arrive, each a folder or an archive: s3://…."),
    ],
    cron: Annotated[
        str | None,
        typer.Option(
            metavar='"0 3 * * *"',
            help="When: minute, hour, day, month, weekday, as in crontab; or six fields, second first.",
        ),
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="15m", help="How often instead: minutes (m), hours (h) or days (d).")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="s3://…", help="Where scenes go, a folder each. Empty: beside INBOX."
        ),
    ] = "",
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the schedule. Empty: the inbox's.")] = "",
    disabled: Annotated[bool, typer.Option("--disabled", help="Create the schedule disabled.")] = False,
    *,
    settings: GivenSettings,
    package: kubeflow.Package = None,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    experiment: kubeflow.Experiment = "kubesplat",
    debug: common.Debug = False,
) -> None:
    """Turn every new or changed capture in an inbox into a scene, by cron or at an interval.

    kubesplat schedule create s3://bucket/inbox --every 15m

    kubesplat schedule create s3://bucket/inbox --cron "0 3 * * *"

    Times of --cron are UTC, unless CRON_SCHEDULE_TIMEZONE of
    ml-pipeline-scheduledworkflow sets another time zone.

    The cluster pulls the images that KUBESPLAT_CPU_IMAGE and
    KUBESPLAT_GPU_IMAGE name, or those of --package.

    There is one pass at a time. Missed passes are skipped: the next one finds
    everything that is new.
    """
    from components.shared.storage import name_of
    from pipelines.cli.check_job import check_cluster_address
    from pipelines.cli.failure import readable_failures

    check_cluster_address(inbox, "INBOX")
    if output:
        check_cluster_address(output, "--output")
    given: dict[str, Any] = {"inbox": inbox} | ({"output": output} if output else {})
    with readable_failures(debug):
        from pipelines.cli.cluster.schedule import ScheduleRequest, schedule_inbox

        request = ScheduleRequest(
            parameters=given,
            settings=settings,
            package=package,
            cron=cron,
            every=every,
            name=name or name_of(inbox),
            experiment=experiment,
            enabled=not disabled,
        )
        schedule_inbox(request, host, namespace, token_file)


@app.command("list")
def list_(
    as_json: kubeflow.Json = False,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """List schedules: when each runs, and over which inbox."""
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.connection import open_kubeflow
        from pipelines.cli.cluster.schedule import show_schedules
        from pipelines.client.schedules import list_schedules

        schedules = list_schedules(open_kubeflow(host, namespace, token_file))
        if as_json:
            typer.echo(json.dumps([schedule.to_json() for schedule in schedules]))
        else:
            show_schedules(schedules)


@app.command()
def delete(
    schedule: _Schedule,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Delete a schedule; scenes are kept. While one of its passes is under way, it is only disabled."""
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.connection import open_kubeflow
        from pipelines.client.schedules import delete_schedule, find_schedule

        kubeflow = open_kubeflow(host, namespace, token_file)
        found = find_schedule(kubeflow, schedule)
        delete_schedule(kubeflow, found)
        typer.echo(f"Deleted {found.name!r}.")


@app.command()
def enable(
    schedule: _Schedule,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Enable a schedule."""
    _switch(schedule, host, namespace, token_file, debug, on=True)


@app.command()
def disable(
    schedule: _Schedule,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Disable a schedule until it is enabled again."""
    _switch(schedule, host, namespace, token_file, debug, on=False)


def _switch(
    name: str, host: str | None, namespace: str | None, token_file: Path | None, debug: bool, *, on: bool
) -> None:
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.connection import open_kubeflow
        from pipelines.client.schedules import find_schedule, switch_schedule

        kubeflow = open_kubeflow(host, namespace, token_file)
        found = find_schedule(kubeflow, name)
        switch_schedule(kubeflow, found, on=on)
        typer.echo(f"{found.name!r} is {'enabled' if on else 'disabled'}.")
