"""`kubesplat run`: the whole pipeline on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.cli.options.settings import takes_settings
from pipelines.photos_to_sog.options import OPTIONS
from pipelines.photos_to_sog.stage_settings import STAGE_SETTINGS


@takes_settings(OPTIONS, STAGE_SETTINGS)
def run(
    capture: Annotated[
        str,
        typer.Argument(
            metavar="CAPTURE", help="Folder of photos, .zip, .tar(.gz), a video, or s3://bucket/prefix/."
        ),
    ],
    output: common.Output,
    settings: GivenSettings,
    artifacts: common.Artifacts = None,
    work: common.Work = None,
    debug: common.Debug = False,
) -> None:
    """Turn photos into a 3D scene for the web, here on this machine.

    kubesplat run photos/ --output out/mine

    kubesplat run photos.zip --output out/mine --max-gaussians 200000

    kubesplat run s3://bucket/capture/ --output s3://bucket/scene

    kubesplat run photos/ --output out/again --config out/mine/report.json --set train.steps=7000

    Take 20 photos or more, walking around the subject so that each overlaps the one before by two thirds.
    The same command resumes an interrupted run.
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.local.run import run_and_report

    with readable_failures(debug):
        run_and_report(capture, output, settings, artifacts=artifacts, work=work, debug=debug)
