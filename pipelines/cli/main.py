"""`kubesplat`: photos in, a web-ready 3D scene out."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.closed_pipe import quiet_closed_pipe, ready_streams
from pipelines.cli.commands.cancel import cancel
from pipelines.cli.commands.compile import compile_packages
from pipelines.cli.commands.compress import compress
from pipelines.cli.commands.convert import FORMATS_HELP, convert
from pipelines.cli.commands.decompress import decompress
from pipelines.cli.commands.demo import demo
from pipelines.cli.commands.doctor import doctor
from pipelines.cli.commands.evaluate import evaluate
from pipelines.cli.commands.fetch import fetch
from pipelines.cli.commands.inbox import inbox
from pipelines.cli.commands.inspect import inspect
from pipelines.cli.commands.retain import retain
from pipelines.cli.commands.run import run
from pipelines.cli.commands.schedule import app as schedule_app
from pipelines.cli.commands.share import share
from pipelines.cli.commands.status import status
from pipelines.cli.commands.submit import submit
from pipelines.cli.commands.view import view

_EXIT_STATUS = (
    "Exit status: 0 done; 2 wrong usage; 3 bad capture; 4 a gate not met; "
    "5 infrastructure (disk, memory, network): the same command again resumes."
)
_ON_A_CLUSTER = "On a cluster with Kubeflow Pipelines"

app = typer.Typer(
    help="Photos in, a web-ready 3D scene out.",
    epilog=_EXIT_STATUS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kubesplat {version('kubesplat')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


app.command("run")(run)
app.command("demo")(demo)
app.command("inspect")(inspect)
app.command("inbox")(inbox)
app.command("retain")(retain)
app.command("share")(share)
app.command("compile")(compile_packages)
app.command("submit", rich_help_panel=_ON_A_CLUSTER)(submit)
app.command("status", rich_help_panel=_ON_A_CLUSTER)(status)
app.command("fetch", rich_help_panel=_ON_A_CLUSTER)(fetch)
app.command("cancel", rich_help_panel=_ON_A_CLUSTER)(cancel)
app.add_typer(schedule_app, name="schedule", rich_help_panel=_ON_A_CLUSTER)
app.command("doctor", rich_help_panel=_ON_A_CLUSTER)(doctor)
app.command("compress")(compress)
app.command("convert", epilog=FORMATS_HELP)(convert)
app.command("decompress")(decompress)
app.command("evaluate")(evaluate)
app.command("view")(view)


def main() -> None:
    ready_streams()
    with quiet_closed_pipe():
        app()


if __name__ == "__main__":
    main()
