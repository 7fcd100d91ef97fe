"""Run structure from motion alone: `python -m components.sfm --help`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from components.sfm.reconstruct import reconstruct
from components.sfm.settings import SfmSettings
from components.shared.run_alone import new_folder, run_alone, stage_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("sfm", "Estimate camera poses and points of a capture, and undistort its photos.")
    parser.add_argument("capture", type=Path, help="folder that `python -m components.ingest` wrote")
    parser.add_argument(
        "--output",
        type=new_folder,
        required=True,
        help="folder for scene.json, sparse/, images/ and masks/; it must not exist or be empty",
    )
    return run_alone(
        "sfm",
        parser,
        SfmSettings.from_text,
        lambda parsed, settings, on_progress: (
            reconstruct(parsed.capture, parsed.output, settings, on_progress).figures().to_json()
        ),
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
