"""The common part of `python -m components.<stage>`: one stage on local files, from a command line."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from components.shared.errors import InternalError, as_kubesplat_error
from components.shared.progress import OnProgress, reporter

Settings = TypeVar("Settings")


def stage_parser(stage: str, description: str) -> argparse.ArgumentParser:
    """A parser with `--set`; the stage adds its inputs and outputs."""
    parser = argparse.ArgumentParser(prog=f"python -m components.{stage}", description=description)
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="settings",
        action="append",
        default=[],
        help=f"a setting of components/{stage}/settings.py; may be given several times",
    )
    return parser


def new_folder(text: str) -> Path:
    """Type of an argument: a folder that does not exist or is empty."""
    path = Path(text)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise argparse.ArgumentTypeError(f"{text} exists and is not an empty folder")
    return path


def run_alone(
    stage: str,
    parser: argparse.ArgumentParser,
    read_settings: Callable[[str], Settings],
    run: Callable[[argparse.Namespace, Settings, OnProgress], Mapping[str, object]],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run the stage and return the exit status; `arguments` are those of the process by default.

    read_settings: makes the settings from `name=value,name=value`.
    run: runs the stage with the parsed arguments and returns figures, which are printed as JSON.

    Progress and failures go to stderr.
    """
    parsed = parser.parse_args(arguments)
    try:
        settings = read_settings(_settings_text(stage, parsed.settings))
        figures = run(parsed, settings, reporter(stage, stream=sys.stderr))
    except Exception as exception:
        error = as_kubesplat_error(exception)
        if isinstance(error, InternalError):
            traceback.print_exc()
        print(f"{stage} failed: {error.message}\n{error.remedy}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return 0


def _settings_text(stage: str, settings: Iterable[str]) -> str:
    """`name=value,name=value`, with values that have a comma in quotes; names may begin with `<stage>.`."""
    parts = [each.removeprefix(f"{stage}.").partition("=") for each in settings]
    return ",".join(
        f'{name}{equals}"{value}"' if "," in value else f"{name}{equals}{value}"
        for name, equals, value in parts
    )
