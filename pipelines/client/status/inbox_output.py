"""State of each capture at the output of an inbox, from the files there: no cluster is asked."""

from __future__ import annotations

from components.shared.contracts.progress import RunProgress
from components.shared.parallel import completed
from components.shared.progress import duration
from components.shared.run_layout import INBOX_LEDGER
from components.shared.share_progress import read_progress
from components.shared.storage import Storage, get_json, join, open_storage
from pipelines.client.states import CaptureState
from pipelines.client.status.inbox_pass import CaptureStatus

_THREADS = 8
_STATES: dict[str, CaptureState] = {"running": "running", "succeeded": "done", "failed": "failed"}


def read_inbox_output(output: str) -> list[CaptureStatus]:
    """What became of the last version of each capture that passes have begun, by title.

    Raises:
        StorageError, InputError: a file could not be read, or is damaged.
    """
    scenes = open_storage(output)
    places = (file.name.partition("/") for file in scenes.iterate_files())
    titles = [title for title, _, name in places if name == INBOX_LEDGER]
    work = completed(lambda title: _status(scenes, title), titles, threads=_THREADS, name="read-captures")
    return sorted((status for _, status in work), key=lambda status: status.capture)


def _status(scenes: Storage, title: str) -> CaptureStatus:
    version = get_json(scenes, f"{title}/{INBOX_LEDGER}").get("version", "")
    output = join(scenes.uri, f"{title}/{version}".rstrip("/"))
    progress = read_progress(open_storage(output))
    if progress is None:
        return CaptureStatus(title, "waiting", output=output)
    return CaptureStatus(
        title,
        _STATES[progress.status],
        "" if progress.status == "succeeded" else _stage(progress),
        output,
        sum(stage.seconds for stage in progress.stages.values()),
        progress.failure,
    )


def _stage(progress: RunProgress) -> str:
    """The stage that runs or failed; of one that runs, how far the run is."""
    if progress.stage is None or progress.status != "running":
        return progress.stage or ""
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    return f"{progress.stage}, {progress.fraction:.0%}{left}"
