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
        help="Address of Kubeflow's UI or API. Default: this pod's cluster, or that of the kubeconfig.",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        envvar="KF_PIPELINES_NAMESPACE",
        rich_help_panel=_PANEL,
        help="Your profile, if Kubeflow has several users.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="KF_PIPELINES_SA_TOKEN_PATH",
        rich_help_panel=_PANEL,
        help="File with the sign-in token, read for every request.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Wait = Annotated[
    bool, typer.Option("--follow", "--wait", help="Follow the run until it ends, and exit with its status.")
]
Package = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Package from `kubesplat compile`. Default: compiled by this version."),
]
Experiment = Annotated[
    str, typer.Option(metavar="NAME", rich_help_panel=_PANEL, help="Kubeflow experiment of the run.")
]
