"""Tries of the stages of a run: their number and their time.

They are counted on a cluster, where a run has an id and a stage may be repeated. The count is stored at the
run's output before a try starts and its time every minute, so that both survive a killed pod.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from components.shared.contracts.contract import Contract
from components.shared.contracts.record import TryCount, TryTime
from components.shared.environment import RUN_VARIABLE
from components.shared.errors import KubesplatError
from components.shared.gpus import gpu_seconds
from components.shared.run_layout import TIMES_FOLDER, TRIES_FOLDER, tries_name, try_time_name
from components.shared.stage_clock import StageClock
from components.shared.storage import Storage, open_storage, put_json

HEARTBEAT_SECONDS = 60.0
"""Interval between two writes of a try's time: at most this much of a killed try is not counted."""

_JOIN_TIMEOUT_SECONDS = 10.0


Model = TypeVar("Model", bound=Contract)


@dataclass(frozen=True, slots=True)
class Tries:
    """Number and total time of the tries of one stage in one run."""

    count: int = 0
    """Tries that were started."""
    seconds: float = 0.0
    """Up to the last heartbeat of a killed try."""
    cpu_seconds: float = 0.0
    gpu_seconds: float | None = None
    """None where the task requests no GPU."""
    seconds_of_each: tuple[float, ...] = ()
    """Of the tries that stored their time, the first one first."""


def read_tries(storage: Storage) -> dict[str, Tries]:
    """Tries of this run, by stage; empty on one machine, where no stage is repeated."""
    run = os.environ.get(RUN_VARIABLE)
    if not run:
        return {}
    times = [each for each in _read_all(storage, TIMES_FOLDER, TryTime) if each.run == run]
    tries = {}
    for each in _read_all(storage, TRIES_FOLDER, TryCount):
        if each.run == run:
            own = sorted((time for time in times if time.stage == each.stage), key=lambda time: time.number)
            tries[each.stage] = Tries(
                each.tries,
                seconds=sum(time.seconds for time in own),
                cpu_seconds=sum(time.cpu_seconds for time in own),
                gpu_seconds=sum(time.gpu_seconds or 0.0 for time in own) or None,
                seconds_of_each=tuple(time.seconds for time in own),
            )
    return tries


def _read_all(storage: Storage, folder: str, model: type[Model]) -> list[Model]:
    names = storage.list_names(f"{folder}/")
    return [model.parse(storage.read_bytes(name), name) for name in names]


def count_try(storage: Storage, stage: str, tries: int) -> None:
    """Store that this run starts the stage for the `tries`-th time."""
    count = TryCount(run=os.environ[RUN_VARIABLE], stage=stage, tries=tries)
    put_json(storage, tries_name(stage), count.to_json())


@contextmanager
def keep_time(stage: str, number: int, output: str, clock: StageClock) -> Iterator[None]:
    """Store the clock's time during the block and at its end; on one machine do nothing."""
    if not os.environ.get(RUN_VARIABLE):
        yield
        return
    ended = threading.Event()
    stored = _StoredTime(stage, number, output, clock)

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            stored.store()

    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join(_JOIN_TIMEOUT_SECONDS)
        stored.store()


@dataclass(frozen=True, slots=True)
class _StoredTime:
    """The time of one try, at the run's output."""

    stage: str
    number: int
    output: str
    clock: StageClock

    def store(self) -> None:
        """Store the time so far. If that fails the report misses it, and the stage continues."""
        seconds = self.clock.seconds()
        content = TryTime(
            run=os.environ[RUN_VARIABLE],
            stage=self.stage,
            number=self.number,
            seconds=seconds,
            cpu_seconds=self.clock.cpu_seconds(),
            gpu_seconds=gpu_seconds(seconds, None),
        )
        name = try_time_name(self.stage, self.number)
        try:
            put_json(open_storage(self.output), name, content.to_json())
        except (KubesplatError, OSError) as error:
            print(f"{self.stage}: its time so far was not stored: {error}", flush=True)


def delete_tries(output: str) -> None:
    """Delete counts and times of all stages, so that a run started again with the same id counts from 0."""
    storage = open_storage(output)
    for folder in (TRIES_FOLDER, TIMES_FOLDER):
        for name in storage.list_names(f"{folder}/"):
            storage.delete(name)
