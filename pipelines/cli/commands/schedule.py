"""`kubesplat schedule`: passes over an inbox, again and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli import cluster_options, options
from pipelines.cli.given_settings import GivenSettings
from pipelines.cli.settings_options import takes_settings
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES

app = typer.Typer(
    help="Turn every new capture in an inbox into a scene, again and again, on a cluster.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Schedule = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name or id.")]


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
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name. Empty: the inbox's.")] = "",
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it, but do not begin yet.")] = False,
    *,
    settings: GivenSettings,
    package: cluster_options.Package = None,
    host: cluster_options.Host = None,
    namespace: cluster_options.Namespace = None,
    token_file: cluster_options.TokenFile = None,
    experiment: cluster_options.Experiment = "kubesplat",
    debug: options.Debug = False,
) -> None:
    """Look into an inbox again and again, and turn every new or changed capture into a scene.

    kubesplat schedule create s3://bucket/inbox --every 15m

    kubesplat schedule create s3://bucket/inbox --cron "0 3 * * *"

    Times of --cron are UTC, unless the cluster's operator chose another zone
    (CRON_SCHEDULE_TIMEZONE of ml-pipeline-scheduledworkflow).

    The cluster pulls the images that KUBESPLAT_CPU_IMAGE and
    KUBESPLAT_GPU_IMAGE name, or those of --package.

    There is one pass at a time. Passes that were missed are not made up for:
    the next one finds everything that is new.
    """
    from pipelines.cli.failure import readable_failures, wrong_usage

    if not inbox.startswith("s3://"):
        raise wrong_usage(f"{inbox} is no s3://bucket/prefix, and the cluster needs one", "INBOX")
    if output and not output.startswith("s3://"):
        raise wrong_usage(f"{output} is no s3://bucket/prefix, and the cluster needs one", "--output")
    given: dict[str, Any] = {"inbox": inbox} | ({"output": output} if output else {})
    with readable_failures(debug):
        from pipelines.cli.cluster.schedule import ScheduleRequest, schedule_inbox

        request = ScheduleRequest(
            parameters=given,
            settings=settings,
            package=package,
            cron=cron,
            every=every,
            name=name or inbox.rstrip("/").rsplit("/", 1)[1],
            experiment=experiment,
            enabled=not disabled,
        )
        schedule_inbox(request, host, namespace, token_file)


@app.command("list")
def list_(
    as_json: cluster_options.Json = False,
    host: cluster_options.Host = None,
    namespace: cluster_options.Namespace = None,
    token_file: cluster_options.TokenFile = None,
    debug: options.Debug = False,
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
    host: cluster_options.Host = None,
    namespace: cluster_options.Namespace = None,
    token_file: cluster_options.TokenFile = None,
    debug: options.Debug = False,
) -> None:
    """Delete a schedule; scenes stay. While a pass of it is under way it is only disabled."""
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
    host: cluster_options.Host = None,
    namespace: cluster_options.Namespace = None,
    token_file: cluster_options.TokenFile = None,
    debug: options.Debug = False,
) -> None:
    """Let a schedule go on."""
    _switch(schedule, host, namespace, token_file, debug, on=True)


@app.command()
def disable(
    schedule: _Schedule,
    host: cluster_options.Host = None,
    namespace: cluster_options.Namespace = None,
    token_file: cluster_options.TokenFile = None,
    debug: options.Debug = False,
) -> None:
    """Stop a schedule until it is enabled again."""
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
