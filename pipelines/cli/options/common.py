"""Options that more than one command takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
MaxDrop = Annotated[
    float,
    typer.Option("--max-psnr-drop-db", min=0.0, metavar="DB", help="Fail if compression costs more quality."),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Start of all random choices.")]
