"""`kubesplat evaluate`: what a compressed scene is worth, measured against its photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import options


def evaluate(
    scene: Annotated[
        Path, typer.Argument(metavar="SCENE", help="Posed photos: the tar of stage sfm, or its folder.")
    ],
    splat: Annotated[
        Path, typer.Argument(metavar="SPLAT", help="The Gaussians: the tar of stage train, or its folder.")
    ],
    sog: Annotated[Path, typer.Argument(metavar="SOG", help="The compressed scene to measure.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for report and viewer.")
    ],
    max_psnr_drop_db: options.MaxDrop = 1.0,
    debug: options.Debug = False,
) -> None:
    """Render a .sog from the places of photos that training never saw, and compare.

    kubesplat evaluate work/sfm/scene work/train/splat scene.sog --output out/check

    `kubesplat run --work DIR` keeps the files of the stages.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.evaluate_files import evaluate_files

        typer.echo(evaluate_files(scene, splat, sog, output, max_psnr_drop_db))
