"""Keeps `progress.json` at a run's output while a stage runs: how far it is can be seen from anywhere.

Each stage takes up the file that the stages before it wrote. A file that cannot be written costs a line in
the log: the stage goes on.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from components.shared.contracts.progress import RunProgress, StageProgress
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import Failure, KubesplatError
from components.shared.progress import ProgressEvent, listening
from components.shared.run_layout import PROGRESS_JSON
from components.shared.storage import Storage, open_storage, put_json
from components.shared.stored_forecast import read_forecast
from components.shared.timeline import Timeline

WRITE_SECONDS = 5.0
"""Shortest time between two writes."""
HEARTBEAT_SECONDS = 60.0
"""Longest time between two writes while a stage runs."""
_JOIN_SECONDS = 10.0


@contextmanager
def share_progress(stage: str, output: str) -> Iterator[None]:
    """Write what is reported during the block; an error of the block marks `stage` as failed."""
    writer = _Writer(output)
    thread = threading.Thread(target=writer.run, daemon=True)
    with listening(writer.events.put):
        thread.start()
        try:
            yield
        except Exception:
            writer.failed_stage = stage
            raise
        finally:
            writer.ended.set()
            thread.join(_JOIN_SECONDS)


class _Writer:
    """Only the thread that runs `run` uses the storage, so that no stage waits for it."""

    def __init__(self, output: str) -> None:
        self._output = output
        self.events: SimpleQueue[ProgressEvent] = SimpleQueue()
        self.ended = threading.Event()
        self.failed_stage = ""
        self._warned = False

    def run(self) -> None:
        """Write at the permitted rate until `ended` is set, and once more then."""
        timeline = self._take_up()
        written = -math.inf
        while not self.ended.is_set():
            changed = self._apply(timeline)
            if changed or time.monotonic() - written >= HEARTBEAT_SECONDS:
                self._write(timeline)
                written = time.monotonic()
            self.ended.wait(WRITE_SECONDS)
        self._apply(timeline)
        if self.failed_stage:
            timeline.fail(self.failed_stage, time.time())
        self._write(timeline)

    def _take_up(self) -> Timeline:
        """What the earlier stages of this run left, and what the run is expected to take."""
        timeline = Timeline()
        try:
            storage = open_storage(self._output)
            earlier = read_progress(storage)
            if earlier and earlier.run == (os.environ.get(RUN_VARIABLE) or None):
                timeline = Timeline.resumed(earlier)
            timeline.expect(read_forecast(storage))
        except (KubesplatError, OSError) as error:
            self._warn(error)
        return timeline

    def _apply(self, timeline: Timeline) -> bool:
        """Whether there was anything new."""
        count = 0
        while True:
            try:
                timeline.add(self.events.get_nowait())
            except Empty:
                return count > 0
            count += 1

    def _write(self, timeline: Timeline) -> None:
        progress = timeline.describe(time.time(), os.environ.get(RUN_VARIABLE) or None)
        try:
            put_json(open_storage(self._output), PROGRESS_JSON, progress.to_json())
        except (KubesplatError, OSError) as error:
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            print(f"{PROGRESS_JSON} is not kept: {error}", flush=True)
        self._warned = True


def read_progress(storage: Storage) -> RunProgress | None:
    """The progress of the run at `storage`, None where there is none.

    Raises:
        StorageError: the storage failed.
        InputError: the file is damaged.
    """
    if not storage.exists(PROGRESS_JSON):
        return None
    return RunProgress.parse(storage.read_bytes(PROGRESS_JSON), PROGRESS_JSON)


def end_progress(storage: Storage, failure: Failure | None, seconds: Mapping[str, float | None]) -> None:
    """Say in `progress.json` how the run ended; a failure to do so costs a line.

    `seconds` are those of the run's report by stage: they begin with the process, progress with its work.
    """
    now = datetime.now(UTC)
    try:
        last = read_progress(storage) or RunProgress(started_at=now, updated_at=now)
        last = last.replace(stages=_with_seconds(last.stages, seconds))
        if failure:
            ended = last.replace(status="failed", failure=failure, seconds_left=None, updated_at=now)
        else:
            ended = last.replace(status="succeeded", fraction=1.0, seconds_left=0.0, updated_at=now)
        put_json(storage, PROGRESS_JSON, ended.to_json())
    except (KubesplatError, OSError) as error:
        print(f"{PROGRESS_JSON} does not say how the run ended: {error}", flush=True)


def _with_seconds(
    stages: Mapping[str, StageProgress], seconds: Mapping[str, float | None]
) -> dict[str, StageProgress]:
    known = {name: value for name, value in seconds.items() if value is not None}
    return {name: stage.replace(seconds=known.get(name, stage.seconds)) for name, stage in stages.items()}
