"""`kubesplat compile`: the pipeline as a package for Kubeflow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import options


def compile_packages(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the package.")
    ] = Path("out/packages"),
    debug: options.Debug = False,
) -> None:
    """Write photos_to_sog.yaml, for the Kubeflow UI ("Upload pipeline") and the kfp command line.

    kubesplat compile --output packages

    kfp run create --experiment-name scenes --package-file packages/photos_to_sog.yaml capture=s3://… output=s3://…

    KUBESPLAT_CPU_IMAGE and KUBESPLAT_GPU_IMAGE name the container images that the package refers to.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.photos_to_sog.compile import compile_package

        typer.echo(compile_package(output))
