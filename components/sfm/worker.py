"""The child process: `python -m components.sfm.worker JOB.json`.

COLMAP aborts its process on some inputs, so it gets one of its own. Progress goes to standard output as JSON
lines; a typed failure to the job's `failure` file; COLMAP's log to standard error.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

# Before pycolmap: where that comes first, Pillow's PNG encoder calls its zlib and hangs or aborts.
from PIL import Image  # noqa: F401

from components.sfm.build_scene import build_scene
from components.sfm.settings import SfmSettings
from components.shared.errors import KubesplatError, as_kubesplat_error
from components.shared.files import read_json
from components.shared.progress import Progress


def main(job_path: str) -> None:
    job = read_json(Path(job_path))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    lines = _claim_standard_output()
    try:
        build_scene(
            Path(job["capture"]),
            Path(job["scene"]),
            Path(job["scratch"]),
            SfmSettings(**job["settings"]),
            lambda progress: _send(lines, progress),
        )
    except (KubesplatError, OSError) as error:
        Path(job["failure"]).write_bytes(pickle.dumps(as_kubesplat_error(error)))


def _end_with_parent() -> None:
    """Standard input ends when the parent does, even if it was killed."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _claim_standard_output() -> TextIO:
    """For progress alone: whatever else is printed goes to the log."""
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return lines


def _send(lines: TextIO, progress: Progress) -> None:
    lines.write(json.dumps(asdict(progress)) + "\n")
    lines.flush()


if __name__ == "__main__":
    main(sys.argv[1])
