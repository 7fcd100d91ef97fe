"""The child process: `python -m components.sfm.worker JOB.json`.

COLMAP aborts its process on some inputs, so it gets one of its own. Progress goes to standard output as JSON
lines; a typed failure to the job's `failure` file; COLMAP's log to standard error.
"""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import asdict
from pathlib import Path

from components.sfm.build_scene import build_scene
from components.sfm.settings import SfmSettings
from components.shared.errors import KubesplatError
from components.shared.files import read_json
from components.shared.progress import Progress


def main(job_path: str) -> None:
    job = read_json(Path(job_path))
    try:
        build_scene(
            Path(job["capture"]),
            Path(job["scene"]),
            Path(job["scratch"]),
            SfmSettings(**job["settings"]),
            _print,
        )
    except KubesplatError as error:
        Path(job["failure"]).write_bytes(pickle.dumps(error))


def _print(progress: Progress) -> None:
    sys.stdout.write(json.dumps(asdict(progress)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
