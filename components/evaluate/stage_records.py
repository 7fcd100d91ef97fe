"""What the stages before this one said about themselves, for the report's account of time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from components.shared.stage import RECORDS_FOLDER
from components.shared.storage import get_json, open_storage

EARLIER_STAGES = ("ingest", "sfm", "train", "compress")


def stage_records(output: str) -> list[dict[str, Any]]:
    """The records at a run's output; a stage whose result came from Kubeflow's cache has none."""
    storage = open_storage(output)
    names = [f"{RECORDS_FOLDER}/{stage}.json" for stage in EARLIER_STAGES]
    with tempfile.TemporaryDirectory(prefix="kubesplat-evaluate-") as scratch:
        return [get_json(storage, name, Path(scratch)) for name in names if storage.exists(name)]
