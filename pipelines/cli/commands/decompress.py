"""`kubesplat decompress`: a .sog back to a .ply."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import common


def decompress(
    source: Annotated[
        Path, typer.Argument(metavar="SCENE.sog", help="A .sog, or the folder of an unbundled one.")
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET.ply", help="File to write.")],
    debug: common.Debug = False,
) -> None:
    """Make a standard .ply from a .sog, for tools that do not read .sog.

    kubesplat decompress scene.sog scene.ply
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.read_splats import check_target

    check_target(source, target, "TARGET.ply")
    with readable_failures(debug):
        from components.shared.splats import write_ply
        from pipelines.cli.display.splat_notes import gaussians, reader_notes
        from pipelines.cli.read_splats import read_splats

        splats = read_splats(source)
        write_ply(splats, target)
        typer.echo(f"{target}: {gaussians(len(splats))}, {target.stat().st_size:,} bytes")
        for note in reader_notes(splats):
            typer.echo(note)
