"""`kubesplat status`: runs on a cluster, or the run that writes to an output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import common, kubeflow

if TYPE_CHECKING:
    from pipelines.client.connection.connect import Kubeflow

_NEWEST = 10


def status(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="Id or name of a run on a cluster, or the output of any run or inbox: a folder or s3:// "
            "prefix. Default: list the newest runs.",
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All runs, not only the newest ten.")] = False,
    wait: kubeflow.Wait = False,
    as_json: kubeflow.Json = False,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Show runs, or the stages of one: state, progress, time left, retries, cause of a failure.

    kubesplat status

    kubesplat status 3f0c8a52-… --follow

    kubesplat status s3://bucket/garden-scene --follow        from anywhere, without a cluster

    Causes and retries come from files that the stages write next to the results.
    Reading them needs S3's settings (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, …);
    without them the status shows only what Kubeflow reports.
    """
    from pipelines.cli.failure import readable_failures, wrong_usage

    if run is None and wait:
        raise wrong_usage("give the RUN to wait for", "--follow")
    if run is not None and all_:
        raise wrong_usage("give a RUN or --all, not both", "--all")
    with readable_failures(debug):
        if run is not None and _is_output(run):
            from pipelines.cli.local.follow_output import follow_output, show_output

            (follow_output if wait else show_output)(run, as_json=as_json)
            return
        from pipelines.cli.cluster.connection import open_kubeflow

        kubeflow = open_kubeflow(host, namespace, token_file)
        if run is None:
            _list(kubeflow, None if all_ else _NEWEST, as_json=as_json)
        elif wait:
            from pipelines.cli.cluster.follow import follow_run

            follow_run(kubeflow, run, as_json=as_json)
        else:
            _show(kubeflow, run, as_json=as_json)


def _is_output(run: str) -> bool:
    """Whether an address of results was given: an existing folder, or an s3:// prefix."""
    from components.shared.storage import is_s3

    return is_s3(run) or Path(run).expanduser().is_dir()


def _list(kubeflow: Kubeflow, count: int | None, *, as_json: bool) -> None:
    from rich.console import Console

    from pipelines.cli.display.status import show_runs
    from pipelines.client.runs import list_runs
    from pipelines.client.status.inspect_run import summarize

    runs = list_runs(kubeflow, count)
    if as_json:
        typer.echo(json.dumps([summarize(run) for run in runs]))
    else:
        show_runs(runs, Console(highlight=False))


def _show(kubeflow: Kubeflow, run: str, *, as_json: bool) -> None:
    from rich.console import Console

    from pipelines.cli.display.status import show_status
    from pipelines.cli.failure import show_failure
    from pipelines.client.status.inspect_run import inspect_run

    found = inspect_run(kubeflow, run)
    if as_json:
        typer.echo(json.dumps(found.to_json()))
        return
    show_status(found, Console(highlight=False))
    if found.failure:
        show_failure(found.failure)
