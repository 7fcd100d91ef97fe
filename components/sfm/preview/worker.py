"""The worker process of a preview: `python -m components.sfm.preview.worker JOB FAILURE`."""

from __future__ import annotations

import sys
from pathlib import Path

from components.sfm.worker import main  # isort: skip  # first: it loads Pillow before pycolmap
from components.sfm.preview.match_small import match_small

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), match_small)
