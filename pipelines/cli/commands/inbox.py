"""`kubesplat inbox`: one pass over an inbox, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli import options


def inbox(
    captures: Annotated[
        str, typer.Argument(metavar="INBOX", help="Where captures arrive: a folder, or s3://bucket/inbox/.")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder or s3:// prefix for results. Empty: INBOX-scenes.",
        ),
    ] = "",
    quiet_minutes: Annotated[
        int, typer.Option(min=0, metavar="N", help="Leave alone what changed in the last minutes.")
    ] = 5,
    max_passes: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Give a capture up after so many failures of the machine."),
    ] = 3,
    preset: options.Preset = "fast",
    max_gaussians: options.MaxGaussians = 0,
    steps: options.Steps = 0,
    image_max_side_px: options.ImageMaxSide = 0,
    train_settings: options.TrainSettings = "",
    min_points: options.MinPoints = 1000,
    min_registered_fraction: options.MinRegistered = 0.5,
    max_psnr_drop_db: options.MaxDrop = 1.0,
    seed: options.Seed = 0,
    work: options.Work = None,
    debug: options.Debug = False,
) -> None:
    """Turn every new or changed capture of an inbox into a scene; made to be run again and again.

    kubesplat inbox photos/ --output scenes

    kubesplat inbox s3://bucket/inbox/ --output s3://bucket/scenes

    Each folder, archive or video directly in INBOX is a capture. One that has a scene is skipped until it
    changes, and so is one whose photos were no good. A bad capture never stops the others; the exit status is
    that of the worst.
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.local.inbox import run_pass

    arguments: dict[str, Any] = {
        "inbox": captures,
        "output": output,
        "quiet_minutes": quiet_minutes,
        "max_passes": max_passes,
        **options.dials_of(locals()),
    }
    with readable_failures(debug):
        run_pass(arguments, Path(work) if work else None)
