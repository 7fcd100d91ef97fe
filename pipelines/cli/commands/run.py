"""`kubesplat run`: the whole pipeline on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli import options


def run(
    capture: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE", help="Folder of photos, .zip, .tar(.gz), a video, or s3://bucket/prefix/."
        ),
    ],
    output: options.Output,
    preset: options.Preset = "fast",
    max_gaussians: options.MaxGaussians = 0,
    steps: options.Steps = 0,
    image_max_side_px: options.ImageMaxSide = 0,
    train_settings: options.TrainSettings = "",
    min_points: options.MinPoints = 1000,
    min_registered_fraction: options.MinRegistered = 0.5,
    max_psnr_drop_db: options.MaxDrop = 1.0,
    seed: options.Seed = 0,
    artifacts: options.Artifacts = None,
    work: options.Work = None,
    debug: options.Debug = False,
) -> None:
    """Turn photos into a 3D scene for the web, here on this machine.

    kubesplat run photos/ --output out/mine

    kubesplat run photos.zip --output out/mine --max-gaussians 200000

    kubesplat run s3://bucket/capture/ --output s3://bucket/scene

    Take 20 photos or more, walking around the subject so that each overlaps the one before by two thirds.
    An interrupted run goes on where its training was when the same command is given again.
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.local.run import run_and_report

    dials = options.dials_of(locals())
    with readable_failures(debug):
        run_and_report(capture, output, dials, artifacts=artifacts, work=work, debug=debug)
