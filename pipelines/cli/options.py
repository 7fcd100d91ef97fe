"""Options that more than one command takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Output = Annotated[
    str, typer.Option("--output", "-o", metavar="DIR", help="Folder for the results, or an s3:// prefix.")
]
Debug = Annotated[bool, typer.Option("--debug", help="On a failure, show the traceback as well.")]
Work = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep intermediate results in this folder; they are several GB."),
]
Artifacts = Annotated[
    str | None,
    typer.Option(metavar="s3://…", help="Pass intermediate results through this S3 prefix, not the disk."),
]
Preset = Annotated[
    str,
    typer.Option(metavar="NAME", help="Time to spend on training: draft for a first look, fast, or quality."),
]
MaxGaussians = Annotated[
    int,
    typer.Option(min=0, metavar="N", help="At most so many Gaussians: more show finer detail. 0: automatic."),
]
Steps = Annotated[int, typer.Option(min=0, metavar="N", help="Training steps. 0: automatic.")]
ImageMaxSide = Annotated[
    int,
    typer.Option(
        "--image-max-side-px",
        min=0,
        metavar="PX",
        help="Train on photos whose longer side is shrunk to this. 0: automatic.",
    ),
]
TrainSettings = Annotated[
    str,
    typer.Option(
        "--training",
        metavar="NAME=VALUE,…",
        help="Other settings of training, by name, such as exposure=off; see components/train/settings.py.",
    ),
]
MinPoints = Annotated[
    int, typer.Option(min=0, metavar="N", help="Fail if structure from motion finds fewer points than this.")
]
MinRegistered = Annotated[
    float,
    typer.Option(
        "--min-registered-fraction",
        min=0.0,
        max=1.0,
        metavar="PART",
        help="Fail if a smaller part of the photos finds its place.",
    ),
]
MaxDrop = Annotated[
    float,
    typer.Option("--max-psnr-drop-db", min=0.0, metavar="DB", help="Fail if compression costs more quality."),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Start of all random choices.")]

DIALS: dict[str, Any] = {
    "preset": "fast",
    "max_gaussians": 0,
    "steps": 0,
    "image_max_side_px": 0,
    "train_settings": "",
    "min_points": 1000,
    "min_registered_fraction": 0.5,
    "max_psnr_drop_db": 1.0,
    "seed": 0,
}
"""What `run`, `inbox` and `submit` may be told about quality and effort, with the pipeline's defaults."""


def dials_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """The dials among a command's arguments, its `locals()`."""
    return {name: arguments[name] for name in DIALS}
