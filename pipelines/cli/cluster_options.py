"""Options of the commands that talk to Kubeflow Pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_PANEL = "Kubeflow"

Host = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="KF_PIPELINES_ENDPOINT",
        rich_help_panel=_PANEL,
        help="Address of Kubeflow's interface or API. Without one: this pod's cluster, or kubectl's.",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        envvar="KF_PIPELINES_NAMESPACE",
        rich_help_panel=_PANEL,
        help="Your profile, where Kubeflow has several users.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="KF_PIPELINES_SA_TOKEN_PATH",
        rich_help_panel=_PANEL,
        help="File with a token to sign in with, read anew for every request.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Follow the run until it ends; the exit status is its own.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter of the pipeline; may be repeated."),
]
Package = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Package from `kubesplat compile`, instead of compiling one with this version."
    ),
]
Experiment = Annotated[
    str, typer.Option(metavar="NAME", rich_help_panel=_PANEL, help="Experiment to file it under.")
]
