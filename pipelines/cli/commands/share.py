"""`kubesplat share`: links to results in S3 that work without keys, for some time."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import common

_MOST_HOURS = 168


def share(
    scene: Annotated[
        str,
        typer.Argument(
            metavar="SCENE", help="Output of a run, or a scene of an inbox: s3://bucket/scenes/castle."
        ),
    ],
    hours: Annotated[
        float, typer.Option(min=0.01, max=_MOST_HOURS, help="How long the links work; 168 hours at most.")
    ] = 24,
    debug: common.Debug = False,
) -> None:
    """Links to a scene that anybody can open for some time, without keys for the bucket.

    kubesplat share s3://bucket/scenes/castle --hours 48

    Of a scene with versions, the latest is shared. Keys of a role end
    earlier than the links, and the links with them.
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        from components.publish.scenes.share import share_links

        for name, link in share_links(scene, round(3600 * hours)).items():
            typer.echo(f"{name}\n{link}\n")
