"""`kubesplat inspect`: what a run would make of a capture, and what it would take."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.cli.options.settings import takes_settings
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS

_OPTIONS = tuple(option for option in OPTIONS if option.name != "inspect")


@takes_settings(_OPTIONS, STAGE_SETTINGS)
def inspect(
    capture: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE", help="Folder of photos, .zip, .tar(.gz), a video, or s3://bucket/prefix/."
        ),
    ],
    settings: GivenSettings,
    here: Annotated[
        bool, typer.Option("--here", help="Forecast a run on this machine, not on a cluster.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    debug: common.Debug = False,
) -> None:
    """Check the photos and forecast the run: which photos fit together, Gaussians, memory, minutes, dollars.

    kubesplat inspect photos/

    kubesplat inspect s3://bucket/capture/ --preset quality --json

    Takes a third of the time of structure from motion, and no GPU. The status is 3 for a bad capture, and 4
    if too few photos are expected to fit together.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from pipelines.cli.local.inspect import inspect_and_show

        inspect_and_show(capture, settings, here=here, as_json=as_json)
