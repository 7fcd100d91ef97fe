"""Run compression alone: `python -m components.compress --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.ply.read_ply import read_ply
from components.shared.progress import OnProgress
from components.shared.run_alone import run_alone, stage_parser
from components.shared.run_layout import SPLAT_PLY


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("compress", "Compress Gaussians from a 3DGS .ply to a .sog.")
    parser.add_argument("splat", type=Path, help=f"a .ply, or the folder of stage train with its {SPLAT_PLY}")
    parser.add_argument("--output", type=Path, required=True, help="the .sog to write; it is replaced")
    return run_alone("compress", parser, CompressSettings.from_text, _compress, arguments)


def _compress(
    parsed: argparse.Namespace, settings: CompressSettings, on_progress: OnProgress
) -> Mapping[str, object]:
    ply = parsed.splat / SPLAT_PLY if parsed.splat.is_dir() else parsed.splat
    return write_sog(read_ply(ply), parsed.output, settings, on_progress).metrics()


if __name__ == "__main__":
    sys.exit(main())
