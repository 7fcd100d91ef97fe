"""Tries of a run's stages: how many there were, and how long they took.

Only on a cluster, where a run has a name and a stage may be begun again. What is stored under a run's
results outlives a killed pod: the count is written before a try, its time every minute during it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from components.shared.environment import RUN_VARIABLE
from components.shared.errors import KubesplatError
from components.shared.gpus import gpu_seconds
from components.shared.resources import cpu_seconds
from components.shared.run_layout import TIMES_FOLDER, TRIES_FOLDER, tries_name, try_time_name
from components.shared.storage import Storage, get_json, open_storage, put_json

HEARTBEAT_SECONDS = 60.0
"""A try that is killed counts up to its last heartbeat, so that at most this is missing."""

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Tries:
    """Of one stage in one run: how many were begun, and their time in seconds as far as it is known."""

    count: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gpu_seconds: float | None = None
    """None where no GPU was asked for."""


def read_tries(storage: Storage) -> dict[str, Tries]:
    """Tries of this run, by stage; empty on one machine, where nothing is tried twice."""
    run = os.environ.get(RUN_VARIABLE, "")
    if not run:
        return {}

    times = _contents(storage, TIMES_FOLDER, run)
    tries = {}
    for each in _contents(storage, TRIES_FOLDER, run):
        own = [time for time in times if time["stage"] == each["stage"]]
        tries[each["stage"]] = Tries(
            each["tries"],
            seconds=sum(time["seconds"] for time in own),
            cpu_seconds=sum(time["cpu_seconds"] for time in own),
            gpu_seconds=sum(time["gpu_seconds"] or 0.0 for time in own) or None,
        )
    return tries


def _contents(storage: Storage, folder: str, run: str) -> list[dict[str, Any]]:
    stored = [get_json(storage, name) for name in storage.list_names(f"{folder}/")]
    return [each for each in stored if each["run"] == run]


def count_try(storage: Storage, stage: str, tries: int) -> None:
    """Store that this run begins the stage for the `tries`-th time."""
    content = {"run": os.environ[RUN_VARIABLE], "stage": stage, "tries": tries}
    put_json(storage, tries_name(stage), content)


@contextmanager
def keep_time(stage: str, number: int, output: str) -> Iterator[None]:
    """Store the block's time while it lasts and at its end; without a run's name do nothing."""
    if not os.environ.get(RUN_VARIABLE):
        yield
        return
    ended = threading.Event()
    clock = _Clock(stage, number, output)

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            clock.store()

    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join(_PATIENCE_SECONDS)
        clock.store()


class _Clock:
    def __init__(self, stage: str, number: int, output: str) -> None:
        self._stage, self._number, self._output = stage, number, output
        self._started, self._cpu_started = time.monotonic(), cpu_seconds()

    def store(self) -> None:
        """A time that cannot be stored is missing in the report, and costs nobody the work."""
        seconds = time.monotonic() - self._started
        content = {
            "run": os.environ[RUN_VARIABLE],
            "stage": self._stage,
            "seconds": seconds,
            "cpu_seconds": cpu_seconds() - self._cpu_started,
            "gpu_seconds": gpu_seconds(seconds, None),
        }
        name = try_time_name(self._stage, self._number)
        try:
            put_json(open_storage(self._output), name, content)
        except (KubesplatError, OSError) as error:
            print(f"{self._stage}: its time so far was not stored: {error}", flush=True)


def forget_tries(output: str) -> None:
    """A run that has ended counts no further; one that is started again by hand counts anew."""
    storage = open_storage(output)
    for folder in (TRIES_FOLDER, TIMES_FOLDER):
        for name in storage.list_names(f"{folder}/"):
            storage.delete(name)
