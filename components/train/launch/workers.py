"""Processes that do one thing together, and what becomes of it: a result, or the first one's failure."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from components.shared.errors import (
    InternalError,
    KubesplatError,
    TrainingInterruptedError,
    as_kubesplat_error,
)
from components.shared.progress import OnProgress, Progress
from components.train.model.process_group import Team, joined_team
from components.train.recovery.interrupt import Interruption

Work = Callable[..., Any]
"""Called as `work(team, on_progress, *arguments)`; what it is and what it returns can be pickled."""

_LOOK_EVERY_SECONDS = 0.5
_GRACE_SECONDS = 10.0


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    messages: Connection
    result: Any = None


def work_together(
    size: int,
    work: Work,
    arguments: Sequence[Any],
    on_progress: OnProgress,
    interruption: Interruption,
) -> Any:
    """What the first of `size` processes returns; only its progress is told.

    An interruption is passed on to all, who then end by themselves.

    Raises:
        KubesplatError: of the process that failed first; the others are ended.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kubesplat-team-") as folder:
        workers = []
        try:
            for rank in range(size):
                receiver, sender = context.Pipe(duplex=False)
                meeting = (rank, size, Path(folder, "meeting"))
                process = context.Process(target=_work, args=(sender, meeting, work, arguments))
                process.start()
                sender.close()
                workers.append(_Worker(process, receiver))
            _listen(workers, on_progress, interruption)
            return workers[0].result
        finally:
            for worker in workers:
                _end(worker)


def _work(sender: Connection, meeting: tuple[int, int, Path], work: Work, arguments: Sequence[Any]) -> None:
    # A terminal's Ctrl-C reaches all processes; the one that started these decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with joined_team(*meeting) as team:
            sender.send((True, _tell(team, sender, work, arguments)))
    except Exception as error:
        traceback.print_exc()
        sender.send((False, as_kubesplat_error(error)))


def _tell(team: Team, sender: Connection, work: Work, arguments: Sequence[Any]) -> Any:
    def on_progress(progress: Progress) -> None:
        if team.is_lead:
            sender.send(progress)

    return work(team, on_progress, *arguments)


def _listen(workers: list[_Worker], on_progress: OnProgress, interruption: Interruption) -> None:
    """Until each has ended."""
    at_work = {worker.messages: worker for worker in workers}
    is_told = False
    while at_work:
        if interruption and not is_told:
            is_told = True
            for worker in workers:
                worker.process.terminate()
        for messages in wait(list(at_work), _LOOK_EVERY_SECONDS):
            assert isinstance(messages, Connection)
            worker = at_work[messages]
            try:
                if not _hear(worker, on_progress):
                    del at_work[messages]
            except EOFError:
                worker.process.join()
                raise _interrupted() if is_told else _lost(worker.process) from None


def _hear(worker: _Worker, on_progress: OnProgress) -> bool:
    """Take one message; False is the last.

    Raises:
        EOFError: it ended without one.
    """
    message = worker.messages.recv()
    if isinstance(message, Progress):
        on_progress(message)
        return True
    is_done, worker.result = message
    if not is_done:
        assert isinstance(worker.result, KubesplatError)
        raise worker.result
    return False


def _interrupted() -> KubesplatError:
    """Asked to end so early that they did not listen yet."""
    return TrainingInterruptedError(
        "training was asked to end before its first step",
        remedy="Run the same command again: it begins, or goes on, from there.",
    )


def _lost(process: SpawnProcess) -> KubesplatError:
    return InternalError(
        f"{process.name}, one of several that train together, ended with status {process.exitcode} "
        "and without a word",
        remedy="Look at its output above. Status -9 often means that the machine's memory ran out.",
    )


def _end(worker: _Worker) -> None:
    """Who waits for one that failed waits for ever, and hears no SIGTERM."""
    worker.process.join(0.0 if worker.result is None else _GRACE_SECONDS)
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()
    worker.messages.close()
