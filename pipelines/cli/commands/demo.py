"""`kubesplat demo`: the whole pipeline on a capture that it renders itself."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.cli.options.settings import takes_settings
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS


@takes_settings(OPTIONS, STAGE_SETTINGS)
def demo(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="Folder for the capture and the results.")
    ] = "out/demo",
    *,
    settings: GivenSettings,
    debug: common.Debug = False,
) -> None:
    """Render a small capture, make a scene of it, and compare the poses with the ground truth.

    kubesplat demo --output out/demo

    Needs no photos and takes a few minutes on two CPU cores.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.local.demo import run_demo

        run_demo(output, settings, debug=debug)
