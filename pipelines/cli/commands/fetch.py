"""`kubesplat fetch`: the results of a run on a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import cluster_options, options


def fetch(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id or name of a run.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Where to. Without one: out/NAME-OF-THE-RUN.")
    ] = None,
    host: cluster_options.Host = None,
    namespace: cluster_options.Namespace = None,
    token_file: cluster_options.TokenFile = None,
    debug: options.Debug = False,
) -> None:
    """Download what a run has delivered: the scene, the viewer, the report.

    kubesplat fetch 3f0c8a52-… out/castle

    Reading the run's output needs S3's settings (AWS_ENDPOINT_URL,
    AWS_ACCESS_KEY_ID, …). Of a failed run it brings the report that says why;
    of a pass over an inbox, every scene that it delivered, in a folder each.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.package import open_kubeflow
        from pipelines.cli.display.stage_progress import stage_progress
        from pipelines.client.fetch import fetch_results, places_of
        from pipelines.client.runs import find_run

        found = find_run(open_kubeflow(host, namespace, token_file), run)
        target = folder or Path("out") / re.sub(r"[^\w.-]+", "-", found.name)
        files = []
        for name, place in places_of(found).items():
            with stage_progress(f"fetch {name}".rstrip()) as on_progress:
                files += fetch_results(place, target / name, on_progress)
        if found.unfinished:
            typer.echo(f"The run is still {found.state}: this is what there is so far.", err=True)
        for file in files:
            typer.echo(file)
