"""Run ingest alone: `python -m components.ingest --help`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from components.ingest.ingest import ingest
from components.ingest.settings import IngestSettings
from components.ingest.source.list_source import SOURCES
from components.shared.run_alone import new_folder, run_alone, stage_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("ingest", "Check the photos of a capture and write the accepted ones to a folder.")
    parser.add_argument("source", help=SOURCES)
    parser.add_argument(
        "--output",
        type=new_folder,
        required=True,
        help="folder for capture.json, images/ and masks/; it must not exist or be empty",
    )
    return run_alone(
        "ingest",
        parser,
        IngestSettings.from_text,
        lambda parsed, settings, on_progress: (
            ingest(parsed.source, parsed.output, settings, on_progress).figures().to_json()
        ),
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
