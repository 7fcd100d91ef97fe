"""`kubesplat fetch`: the results of a run on a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import common, kubeflow


def fetch(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id or name of a run.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Local folder. Default: out/NAME-OF-THE-RUN.")
    ] = None,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    debug: common.Debug = False,
) -> None:
    """Download the results of a run: the scene, the viewer, the report.

    kubesplat fetch 3f0c8a52-… out/castle

    Reading the run's output needs S3's settings (AWS_ENDPOINT_URL,
    AWS_ACCESS_KEY_ID, …). For a failed run, the report with the cause is
    downloaded; for a pass over an inbox, each delivered scene in its own folder.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.connection import open_kubeflow
        from pipelines.cli.display.stage_progress import stage_progress
        from pipelines.client.fetch import fetch_results, output_folders
        from pipelines.client.runs import find_run

        found = find_run(open_kubeflow(host, namespace, token_file), run)
        target = folder or Path("out") / re.sub(r"[^\w.-]+", "-", found.name)
        files = []
        for name, output in output_folders(found).items():
            with stage_progress(f"fetch {name}".rstrip()) as on_progress:
                files += fetch_results(output, target / name, on_progress)
        if found.unfinished:
            typer.echo(f"The run is still {found.state}: these are the results so far.", err=True)
        for file in files:
            typer.echo(file)
