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
    from pipelines.cli.failure import readable_failures, wrong_usage

    if target.suffix.lower() != ".sog":
        raise wrong_usage(f"{target} does not end in .sog", "TARGET.sog")
    with readable_failures(debug):
        from components.compress.settings import CompressSettings
        from components.compress.write_sog import write_sog
        from pipelines.cli.display.stage_progress import stage_progress
        from pipelines.cli.read_splats import read_splats

        splats = read_splats(source)
        with stage_progress("compress") as on_progress:
            write_sog(splats, target, CompressSettings(seed=seed), on_progress)
        before, after = source.stat().st_size, target.stat().st_size
        typer.echo(f"{target}: {len(splats):,} Gaussians, {before:,} -> {after:,} bytes")
