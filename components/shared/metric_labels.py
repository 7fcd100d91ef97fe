"""The labels that say of what a metric is."""

from __future__ import annotations

import os

from components.shared.environment import RUN_VARIABLE
from components.shared.scene_version import read_version_info
from components.shared.storage import open_storage


def metric_labels(output: str) -> dict[str, str]:
    """`run`; and `scene` in a pass over an inbox, whose captures are all of one run."""
    version = read_version_info(open_storage(output))
    return {"run": os.environ.get(RUN_VARIABLE, ""), **({"scene": version.scene} if version else {})}
