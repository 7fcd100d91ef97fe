"""Names of the files of a run, relative to its output (a folder or an s3:// prefix).

Users and other programs rely on the results; a later version finds the other files of an earlier one by
these names. None of them may change.
"""

from __future__ import annotations

SCENE_SOG = "scene.sog"
SCENE_PLY = "scene.ply"
VIEWER = "viewer.html"
REPORT_PAGE = "report.html"
REPORT_JSON = "report.json"
PROGRESS_JSON = "progress.json"
"""How far the run is, while it runs; how it ended, afterwards."""
THUMBNAIL = "thumbnail.webp"
FLYTHROUGH = "flythrough.mp4"
COLMAP_MODEL = "colmap.tar"
TRAINING_CURVES = "tensorboard/events.out.tfevents.kubesplat"
"""Only where they were asked for; TensorBoard recognizes event files by the beginning of their name."""
RUN_LOG = "run.log"
"""Log of a run on one machine."""

SPLAT_PLY = "splat.ply"
"""The trained Gaussians inside the artifact `splat`, a tar."""
CLEAN_UP_BEFORE = "clean_up_before.webp"
CLEAN_UP_AFTER = "clean_up_after.webp"
"""Beside them, where the clean-up removed some: the view that it changed most."""

RECORDS_FOLDER = "stages"
"""One record per stage; see `components.shared.stage`."""

PRIVATE_FOLDER = ".kubesplat"
"""Checkpoints, tries, plans, the lock and, on one machine, intermediate results."""
CHECKPOINTS = "checkpoints"
"""Name of the folder of checkpoints within the folder that training stores them in."""
SNAPSHOTS = "snapshots"
"""Name of the folder of structure from motion's snapshots beside it."""
CHECKPOINTS_FOLDER = f"{PRIVATE_FOLDER}/{CHECKPOINTS}"
TRIES_FOLDER = f"{PRIVATE_FOLDER}/tries"
TIMES_FOLDER = f"{PRIVATE_FOLDER}/times"
LOCK_FILE = f"{PRIVATE_FOLDER}/lock"
PUBLISHED_FILE = f"{PRIVATE_FOLDER}/files.json"
"""Names of the files of earlier scenes at the output, while no report lists them."""

VERSION_FILE = "version.json"
"""In the output of a run that makes a version of a scene: `components.shared.scene_version`."""
LATEST_FILE = "latest.json"
"""Beside the versions of a scene: which one is the latest good one, and its files."""
INDEX_PAGE = "index.html"
"""Beside the versions of a scene: leads to the latest viewer. Beside the scenes: the page of all of them."""

INBOX_LEDGER = "inbox.json"
"""Beside the versions of a capture's scene: the state of the capture that was begun last."""
LEASE_FILE = f"{PRIVATE_FOLDER}/lease.json"
"""Beside the versions of a scene: who is working on it."""
INBOX_SUMMARY = "inbox-summary.json"
"""In the output of an inbox: outcome of the last pass."""


def settings_name() -> str:
    """Settings of all stages, stored by the first task of a run: a stage from the cache leaves none."""
    return f"{RECORDS_FOLDER}/settings.json"


def forecast_name() -> str:
    """What the run is expected to take, and its prices, stored by the first task of a run."""
    return f"{RECORDS_FOLDER}/forecast.json"


def record_name(stage: str) -> str:
    """The record of a stage."""
    return f"{RECORDS_FOLDER}/{stage}.json"


def tries_name(stage: str) -> str:
    """The number of tries of a stage that a run has begun."""
    return f"{TRIES_FOLDER}/{stage}.json"


def try_time_name(stage: str, number: int) -> str:
    """The duration of one try. Each try has its own file: a pod on a lost node may still write to its own."""
    return f"{TIMES_FOLDER}/{stage}-{number}.json"


def plan_name(run: str) -> str:
    """In the output of an inbox: the plan of a pass, by the id of its run, or of itself on one machine."""
    return f"{PRIVATE_FOLDER}/plans/{run}.json"


def pass_summary_name(pass_id: str) -> str:
    """In the output of an inbox: the outcome of a pass on one machine, for the process that started it."""
    return f"{PRIVATE_FOLDER}/plans/{pass_id}-summary.json"
