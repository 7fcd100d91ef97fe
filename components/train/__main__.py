"""Run training alone: `python -m components.train --help`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.shared.progress import OnProgress
from components.shared.run_alone import run_alone, stage_parser
from components.shared.run_layout import PRIVATE_FOLDER
from components.train.settings import TrainSettings
from components.train.train import train


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("train", "Train Gaussians on a posed scene. The same command resumes after a kill.")
    parser.add_argument("scene", type=Path, help="folder that `python -m components.sfm` wrote")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="folder for splat.ply, cameras.json and training.json, and for checkpoints until training ends",
    )
    return run_alone("train", parser, TrainSettings.from_text, _run, arguments)


def _run(parsed: Namespace, settings: TrainSettings, on_progress: OnProgress) -> Mapping[str, object]:
    parsed.output.mkdir(parents=True, exist_ok=True)
    checkpoints: Path = parsed.output / PRIVATE_FOLDER
    info = train(parsed.scene, parsed.output, settings, str(checkpoints), on_progress)
    if checkpoints.is_dir() and not any(checkpoints.iterdir()):
        checkpoints.rmdir()
    return info.figures().to_json()


if __name__ == "__main__":
    sys.exit(main())
