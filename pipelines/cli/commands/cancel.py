"""`kubesplat cancel`: cancel a run on a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common, kubeflow


def cancel(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id or name of a run.")],
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Cancel a run. Its training checkpoints are kept: the same submission resumes from the last one.

    kubesplat cancel 3f0c8a52-…
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.connection import open_kubeflow
        from pipelines.client.runs import cancel_run, find_run
        from pipelines.client.status.pods import read_pods

        kubeflow = open_kubeflow(host, namespace, token_file)
        found = find_run(kubeflow, run)
        if not found.unfinished:
            typer.echo(f"{found.name!r} has already ended: {found.state}")
            return
        pods = read_pods(found.id, kubeflow.pod_namespace)
        cancel_run(kubeflow, found)
        typer.echo(f"Cancelling {found.name!r}; its pods end within a minute.")
        if note := pods.note_on_cancelling(found.id, kubeflow.pod_namespace):
            typer.echo(note, err=True)
