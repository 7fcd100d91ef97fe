"""Run publishing alone: `python -m components.publish --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.publish.conclude import conclude
from components.publish.notify.describe_run import describe_run
from components.publish.notify.notify import NotificationError, notify
from components.publish.publish import Results, publish
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.contracts.report import Report
from components.shared.progress import OnProgress
from components.shared.run_alone import run_alone, stage_parser
from components.shared.run_layout import REPORT_JSON, REPORT_PAGE
from components.shared.storage import get_json, open_storage

_OUTPUT_HELP = "a folder, or an s3:// prefix"
_SET_UP = "components/publish/notify/README.md says how receivers are set up."


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
    told = commands.add_parser("notify", help="send the notification of the run at an output again")
    told.add_argument("output", help=_OUTPUT_HELP)
    told.set_defaults(run=_notify)
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


def _notify(parsed: argparse.Namespace, _: PublishSettings, __: OnProgress) -> Mapping[str, object]:
    """What became of it, by receiver.

    Raises:
        NotificationError: nobody was told, or not everyone.
    """
    report = Report.model_validate(get_json(open_storage(parsed.output), REPORT_JSON))
    outcomes = notify(describe_run(report, parsed.output))
    problems = [f"{receiver}: {problem}" for receiver, problem in outcomes.items() if problem]
    if problems or not outcomes:
        raise NotificationError(
            "; ".join(problems) or "the environment names nobody to notify", remedy=_SET_UP
        )
    return dict.fromkeys(outcomes, "told")


if __name__ == "__main__":
    sys.exit(main())
