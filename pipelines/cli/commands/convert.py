"""`kubesplat convert`: a scene in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from components.shared.scene_files.formats import FORMATS, format_of, suffixes
from pipelines.cli.options import common

FORMATS_HELP = "\n\n".join(f"{each.suffix}: {each.description}" for each in FORMATS)
"""Of the command: one paragraph for each format."""


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The scene: a file or folder of any format.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its suffix is the format.")],
    seed: common.Seed = 0,
    debug: common.Debug = False,
) -> None:
    """Write a scene in another format: the suffix of OUT says which.

    kubesplat convert scene.ply scene.sog
    """
    from pipelines.cli.failure import readable_failures, wrong_usage
    from pipelines.cli.local.convert_scene import check_target, convert_scene

    source, target = source.expanduser(), target.expanduser()
    format_ = format_of(target)
    if format_ is None:
        raise wrong_usage(f"{target} does not end in one of {suffixes()}", "OUT")
    with readable_failures(debug):
        check_target(source, target, "OUT", format_.suffix)
        from components.compress.settings import CompressSettings

        convert_scene(source, target, CompressSettings(seed=seed))
