"""`kubesplat compress`: compress a .ply to a .sog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.cli.options import common


def compress(
    source: Annotated[
        Path, typer.Argument(metavar="SCENE", help="A .ply, or a scene of any format that `convert` reads.")
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET.sog", help="File to write.")],
    quality: Annotated[
        Literal["web", "high"],
        typer.Option(help="How closely it follows the training; needs --cameras."),
    ] = "web",
    size: Annotated[
        str, typer.Option(metavar="SIZE", help="Size of the file, such as 8MB, instead of --quality.")
    ] = "",
    cameras: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="cameras.json of the training: what no view shows costs no bytes."),
    ] = None,
    max_psnr_drop: Annotated[
        float | None,
        typer.Option(metavar="DB", help="Smallest file that loses no more; needs held_out/ beside it."),
    ] = None,
    seed: common.Seed = 0,
    debug: common.Debug = False,
) -> None:
    """Make a .sog for the web from a 3D Gaussian splatting .ply.

    kubesplat compress scene.ply scene.sog
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.local.convert_scene import check_target, convert_scene

    source, target = source.expanduser(), target.expanduser()
    with readable_failures(debug):
        check_target(source, target, "TARGET.sog", ".sog")
        from components.compress.settings import CompressSettings

        settings = CompressSettings(seed=seed, quality=quality, size=size, max_psnr_drop=max_psnr_drop)
        convert_scene(source, target, settings, cameras)
