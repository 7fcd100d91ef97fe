"""Run compression alone: `python -m components.compress --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.compress.cuda import load_in_background
from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.held_out_photos import read_held_out
from components.shared.progress import OnProgress
from components.shared.run_alone import run_alone, stage_parser
from components.shared.run_layout import SPLAT_PLY
from components.shared.scene_files.read_scene import read_scene
from components.shared.training_cameras import CAMERAS_FILE, read_cameras


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status."""
    parser = stage_parser("compress", "Compress Gaussians to a .sog.")
    parser.add_argument("splat", type=Path, help=f"a scene, or the folder of stage train: {SPLAT_PLY} in it")
    parser.add_argument("--output", type=Path, required=True, help="the .sog to write; it is replaced")
    parser.add_argument(
        "--cameras",
        type=Path,
        help=f"the training's {CAMERAS_FILE}; by default the one beside the scene, if any",
    )
    return run_alone("compress", parser, CompressSettings.from_text, _compress, arguments)


def _compress(
    parsed: argparse.Namespace, settings: CompressSettings, on_progress: OnProgress
) -> Mapping[str, object]:
    ply = parsed.splat / SPLAT_PLY
    scene = ply if ply.is_file() else parsed.splat
    training = parsed.cameras or scene.with_name(CAMERAS_FILE)
    cameras = read_cameras(training, required=bool(parsed.cameras))
    if cameras:
        load_in_background(settings.device)
    return write_sog(
        read_scene(scene),
        parsed.output,
        settings,
        on_progress,
        cameras=cameras,
        held_out=read_held_out(training) if settings.max_psnr_drop is not None else (),
    ).metrics()


if __name__ == "__main__":
    sys.exit(main())
