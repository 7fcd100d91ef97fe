"""`kubesplat submit`: the whole pipeline on a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common, kubeflow
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.cli.options.settings import takes_settings
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS


@takes_settings(OPTIONS, STAGE_SETTINGS, on_cluster=True)
def submit(
    capture: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE",
            help="s3://bucket/prefix/, or an archive or video there; with --upload also one on this machine.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="s3://…", help="Where the results go. Empty: next to CAPTURE."
        ),
    ] = "",
    upload: Annotated[
        str | None,
        typer.Option(metavar="s3://…", help="First copy the capture from this machine to this prefix."),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the run. Empty: the capture's.")] = "",
    *,
    settings: GivenSettings,
    package: kubeflow.Package = None,
    wait: kubeflow.Wait = False,
    as_json: kubeflow.Json = False,
    host: kubeflow.Host = None,
    namespace: kubeflow.Namespace = None,
    token_file: kubeflow.TokenFile = None,
    experiment: kubeflow.Experiment = "kubesplat",
    debug: common.Debug = False,
) -> None:
    """Turn photos into a 3D scene for the web, on a cluster with Kubeflow Pipelines.

    kubesplat submit s3://bucket/castle/ --output s3://bucket/scenes/castle

    kubesplat submit photos/ --upload s3://bucket/captures --wait

    Prints the run's id, and the command to follow it. The cluster pulls the images that
    KUBESPLAT_CPU_IMAGE and KUBESPLAT_GPU_IMAGE name, or those of --package.

    A run is never submitted twice: after a lost answer it is looked up by its
    name, and no two unfinished runs may write to the same output.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.cluster.connection import open_kubeflow
        from pipelines.cli.cluster.submit import Submission, show_submitted, submit_run

        submission = Submission(capture, output, upload, name, settings, package, experiment)
        submission.check()
        kubeflow = open_kubeflow(host, namespace, token_file)
        run = submit_run(kubeflow, submission)
        show_submitted(kubeflow, run, as_json=as_json)
        if wait:
            from pipelines.cli.cluster.follow import follow_run

            follow_run(kubeflow, run.id, as_json=as_json)
