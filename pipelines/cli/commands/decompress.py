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
    from pipelines.cli.local.convert_scene import check_target, convert_scene

    source, target = source.expanduser(), target.expanduser()
    with readable_failures(debug):
        check_target(source, target, "TARGET.ply", ".ply")
        from components.compress.settings import CompressSettings

        convert_scene(source, target, CompressSettings())
