"""`kubesplat doctor`: checks of a cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import common, kubeflow

_INFRASTRUCTURE = 5


def doctor(
    task_settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Task settings that the packages are compiled with."),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="s3://…", help="Prefix to try from this machine. Default: Kubeflow's pipeline root."
        ),
    ] = None,
    as_json: kubeflow.Json = False,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Check a cluster and its storage: versions, credentials, images, GPU nodes, quotas, network policies.

    kubesplat doctor

    kubesplat doctor --task-settings pipelines/task_settings/cpu_only.yaml

    Kubeflow's API is checked with the options below; everything behind it is read with the kubeconfig.
    What neither shows is marked ?. One small file is written to the storage, and deleted.
    Exit status: 0, or 5 if a check failed.
    """
    from components.shared.storage.s3_address import is_s3
    from pipelines.cli.failure import readable_failures, wrong_usage

    if storage is not None and not is_s3(storage):
        raise wrong_usage(f"{storage} is not an s3:// address", "--storage")
    with readable_failures(debug):
        from pipelines.cli.cluster.connection import read_connection
        from pipelines.cli.display.doctor import FindingsPrinter
        from pipelines.client.doctor.examine import examine
        from pipelines.task_settings.defaults import PipelineSettings
        from pipelines.task_settings.read import read_settings

        settings = read_settings(task_settings) if task_settings else PipelineSettings()
        found = examine(read_connection(host, namespace, token_file), settings, storage)
        if as_json:
            findings = list(found)
            typer.echo(json.dumps([each.to_json() for each in findings]))
        else:
            findings = FindingsPrinter().print_all(found)
        if any(each.verdict == "fail" for each in findings):
            raise typer.Exit(_INFRASTRUCTURE)
