"""`kubesplat inbox`: one pass over an inbox, on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common
from pipelines.cli.options.given_settings import GivenSettings
from pipelines.cli.options.settings import takes_settings
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES


@takes_settings(INBOX_OPTIONS, INBOX_STAGES)
def inbox(
    captures: Annotated[
        str, typer.Argument(metavar="INBOX", help="Where captures arrive: a folder, or s3://bucket/inbox/.")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder or s3:// prefix for results. Empty: INBOX-scenes.",
        ),
    ] = "",
    *,
    settings: GivenSettings,
    work: common.Work = None,
    debug: common.Debug = False,
) -> None:
    """Turn every new or changed capture of an inbox into a scene. Run it repeatedly.

    kubesplat inbox photos/ --output scenes

    kubesplat inbox s3://bucket/inbox/ --output s3://bucket/scenes

    Each folder, archive or video directly in INBOX is a capture. One that has a scene is skipped until it
    changes, and so is one that failed because of its photos. A bad capture does not stop the others; the exit
    status is that of the worst failure.
    """
    from pipelines.cli.failure import readable_failures
    from pipelines.cli.local.inbox import run_pass

    with readable_failures(debug):
        run_pass(captures, output, settings, work)
