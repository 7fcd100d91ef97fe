"""Run publishing alone: `python -m components.publish --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.publish.conclude import conclude
from components.publish.publish import Results, publish
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.progress import OnProgress
from components.shared.run_alone import run_alone, stage_parser
from components.shared.run_layout import REPORT_PAGE

_OUTPUT_HELP = "a folder, or an s3:// prefix"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("publish", "Store the results of a run, or write the report of a killed one.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    results = commands.add_parser("results", help="store the results of the stages under their final names")
    results.add_argument("scene", type=Path, help="folder of stage sfm, with sparse/")
    results.add_argument("splat", type=Path, help="folder of stage train, with splat.ply")
    results.add_argument("sog", type=Path, help="file of stage compress")
    results.add_argument("evaluation", type=Path, help="folder of stage evaluate")
    results.add_argument("--output", required=True, help=_OUTPUT_HELP)
    results.set_defaults(run=_publish)
    report = commands.add_parser("report", help="write report.json from the records at the output of a run")
    report.add_argument("output", help=_OUTPUT_HELP)
    report.set_defaults(run=_conclude)
    return run_alone(
        "publish",
        parser,
        PublishSettings.from_text,
        lambda parsed, settings, on_progress: parsed.run(parsed, settings, on_progress),
        arguments,
    )


def _publish(parsed: argparse.Namespace, _: PublishSettings, on_progress: OnProgress) -> Mapping[str, object]:
    """The size of each stored file."""
    results = Results(
        scene=parsed.scene,
        splat=parsed.splat,
        sog=parsed.sog,
        report=parsed.evaluation / REPORT_PAGE,
        presentation=parsed.evaluation,
    )
    return publish(results, parsed.output, on_progress).files


def _conclude(parsed: argparse.Namespace, settings: PublishSettings, _: OnProgress) -> Mapping[str, object]:
    """The content of `report.json`."""
    return conclude(parsed.output, state=RunState.UNKNOWN, settings=settings).to_json()


if __name__ == "__main__":
    sys.exit(main())
