"""Run evaluation alone: `python -m components.evaluate --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.evaluate.evaluate import evaluate
from components.evaluate.settings import EvaluateSettings
from components.shared.progress import OnProgress
from components.shared.run_alone import new_folder, run_alone, stage_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("evaluate", "Measure a .sog on held-out photos; write its report and viewer.")
    parser.add_argument("scene", type=Path, help="folder of stage sfm, with sparse/, images/ and scene.json")
    parser.add_argument("splat", type=Path, help="folder of stage train, with splat.ply and training.json")
    parser.add_argument("sog", type=Path, help="the .sog to measure")
    parser.add_argument(
        "--output",
        type=new_folder,
        required=True,
        help="folder for report, viewer, thumbnail and fly-through; it must not exist or be empty",
    )
    return run_alone("evaluate", parser, EvaluateSettings.from_text, _evaluate, arguments)


def _evaluate(
    parsed: argparse.Namespace, settings: EvaluateSettings, on_progress: OnProgress
) -> Mapping[str, object]:
    measurement = evaluate(parsed.scene, parsed.splat, parsed.sog, parsed.output, settings, on_progress)
    return measurement.figures().to_json()


if __name__ == "__main__":
    sys.exit(main())
