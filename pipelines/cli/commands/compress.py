"""`kubesplat compress`: compress a .ply to a .sog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import common


def compress(
    source: Annotated[Path, typer.Argument(metavar="SCENE", help="A .ply, or a .sog to compress again.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET.sog", help="File to write.")],
    seed: common.Seed = 0,
    debug: common.Debug = False,
) -> None:
    """Make a .sog for the web from a 3D Gaussian splatting .ply.

    kubesplat compress scene.ply scene.sog
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.read_splats import check_target

    check_target(source, target, "TARGET.sog")
    with readable_failures(debug):
        from components.compress.settings import CompressSettings
        from components.compress.write_sog import write_sog
        from pipelines.cli.display.splat_notes import compression_notes, gaussians, reader_notes
        from pipelines.cli.display.stage_progress import stage_progress
        from pipelines.cli.read_splats import read_splats, scene_bytes

        splats = read_splats(source)
        with stage_progress("compress") as on_progress:
            result = write_sog(splats, target, CompressSettings(seed=seed), on_progress)
        sizes = f"{scene_bytes(source):,} -> {result.bytes:,} bytes"
        typer.echo(f"{target}: {gaussians(result.gaussians)}, {sizes}")
        for note in [*reader_notes(splats), *compression_notes(result)]:
            typer.echo(note)
