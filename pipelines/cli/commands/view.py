"""`kubesplat view`: a scene in the browser."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import options


def view(
    scene: Annotated[
        Path, typer.Argument(metavar="SCENE", help="A .sog, a .ply, a viewer.html, or the folder of a run.")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine. 0: any free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
    debug: options.Debug = False,
) -> None:
    """Show a scene in the browser. It is served to this machine only, until Ctrl-C.

    kubesplat view out/demo

    kubesplat view scene.sog --no-open --port 8000
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.serve_page import serve_page
        from pipelines.cli.viewer_page import viewer_page

        page = viewer_page(scene)
        with suppress(KeyboardInterrupt):  # the way to end it
            serve_page(page, port=port, open_browser=not no_open, on_ready=typer.echo)
