"""`kubesplat compile`: the pipelines as packages for Kubeflow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import common


def compile_packages(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the packages.")
    ] = Path("out/packages"),
    task_settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML or JSON: resources, time limits, retries of single tasks."),
    ] = None,
    debug: common.Debug = False,
) -> None:
    """Write photos_to_sog.yaml and inbox_to_sogs.yaml, for the Kubeflow UI and the kfp command line.

    kubesplat compile --output packages

    kfp run create --experiment-name scenes --package-file packages/photos_to_sog.yaml capture=s3://…

    KUBESPLAT_CPU_IMAGE and KUBESPLAT_GPU_IMAGE name the container images that the packages refer to;
    KUBESPLAT_SFM_GPU_IMAGE that of sfm, if the task settings give it a GPU.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs
        from pipelines.photos_to_sog.pipeline import define_photos_to_sog
        from pipelines.task_settings.defaults import PipelineSettings
        from pipelines.task_settings.read import read_settings
        from pipelines.task_settings.write_package import write_package

        settings = read_settings(task_settings) if task_settings else PipelineSettings()
        for define in (define_photos_to_sog, define_inbox_to_sogs):
            typer.echo(write_package(define, output, settings))
