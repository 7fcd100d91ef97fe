"""`kubesplat retain`: delete old versions of scenes, after a look at what that would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import common

if TYPE_CHECKING:
    from components.publish.scenes.retention import Removal


def retain(
    scenes: Annotated[
        str,
        typer.Argument(metavar="SCENES", help="Output of an inbox: a folder, or s3://bucket/scenes."),
    ],
    keep_versions: Annotated[
        int | None,
        typer.Option(min=1, help="Good versions of each scene to keep, the latest among them. Default: all."),
    ] = None,
    keep_days: Annotated[
        float | None, typer.Option(min=0.0, help="Delete versions that are older. Default: of any age.")
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete; without it, only show what would go.")
    ] = False,
    debug: common.Debug = False,
) -> None:
    """Delete old versions of scenes; without --delete only show them.

    kubesplat retain s3://bucket/scenes --keep-versions 3 --keep-days 90

    A scene's latest good version always stays, and so do versions of the last
    hour and results without versions. An inbox does the same after each pass
    with --set inbox.keep_versions=3.
    """
    from pipelines.cli.failure import readable_failures

    if keep_versions is None and keep_days is None:
        raise typer.BadParameter("nothing would be deleted: give --keep-versions, --keep-days or both")
    with readable_failures(debug):
        import time

        from components.publish.scenes.retention import find_removals, remove
        from components.shared.storage import check_target, open_storage

        check_target(scenes)
        storage = open_storage(scenes)
        removals = list(
            find_removals(storage, keep_versions=keep_versions, keep_days=keep_days, now=time.time())
        )
        for each in removals:
            gone = remove(storage, each) if delete else True
            if gone:
                _show(each)
        total = sum(each.version.bytes for each in removals) / 1e6
        outcome = "deleted" if delete else "would be deleted; --delete deletes them"
        typer.echo(f"versions: {len(removals)}, {total:,.1f} MB, {outcome}")


def _show(removal: Removal) -> None:
    version = removal.version
    typer.echo(f"{version.scene}/{version.name}  {version.bytes / 1e6:,.1f} MB  {removal.reason}")
