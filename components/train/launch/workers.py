"""The worker processes of a process group: start, progress, result or first failure, end."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from components.shared.errors import (
    InternalError,
    KubesplatError,
    StageLostError,
    TrainingInterruptedError,
    as_kubesplat_error,
)
from components.shared.progress import OnProgress, Progress
from components.train.model.process_group import join_process_group
from components.train.recovery.interrupt import Interruption

Work = Callable[..., Any]
"""Called as `work(group, on_progress, *arguments)` on each rank; it, arguments and result are pickled."""

_POLL_SECONDS = 0.5
_GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Done:
    """Last message of a worker that succeeded."""

    result: Any


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    messages: Connection
    """Progress of rank 0, then `_Done` or the error."""
    done: _Done | None = None


def run_workers(
    size: int, work: Work, arguments: Sequence[Any], on_progress: OnProgress, interruption: Interruption
) -> Any:
    """The result of rank 0 of `size` processes. Progress is that of rank 0.

    An interruption is forwarded as SIGTERM to all workers.

    Raises:
        KubesplatError: of the process that failed first; the others are killed.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kubesplat-workers-") as folder:
        rendezvous = Path(folder, "rendezvous")
        workers: list[_Worker] = []
        try:
            for rank in range(size):
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(
                    target=_run_worker, args=(sender, rank, size, rendezvous, work, arguments)
                )
                process.start()
                sender.close()
                workers.append(_Worker(process, receiver))
            _follow(workers, on_progress, interruption)
            assert workers[0].done, "all workers are done"
            return workers[0].done.result
        finally:
            for worker in workers:
                _end(worker)


def _run_worker(
    sender: Connection, rank: int, size: int, rendezvous: Path, work: Work, arguments: Sequence[Any]
) -> None:
    # Ctrl-C in a terminal reaches all processes; the parent decides how to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def on_progress(progress: Progress) -> None:
        if rank == 0:
            sender.send(progress)

    # Known errors are sent before this rank leaves the group, which makes the other ranks fail.
    with (
        _sends(Exception, sender),
        join_process_group(rank, size, rendezvous) as group,
        _sends(KubesplatError, sender),
    ):
        sender.send(_Done(work(group, on_progress, *arguments)))


@contextmanager
def _sends(kind: type[Exception], sender: Connection) -> Iterator[None]:
    """Send an error of this kind, raised in the block, as the last message."""
    try:
        yield
    except kind as error:
        traceback.print_exc()
        sender.send(as_kubesplat_error(error))


def _follow(workers: list[_Worker], on_progress: OnProgress, interruption: Interruption) -> None:
    """Receive messages until all workers are done."""
    running = {worker.messages: worker for worker in workers}
    was_terminated = False
    while running:
        if interruption and not was_terminated:
            was_terminated = True
            for worker in workers:
                worker.process.terminate()
        for messages in wait(list(running), _POLL_SECONDS):
            assert isinstance(messages, Connection)
            worker = running[messages]
            try:
                _receive(worker, on_progress)
            except EOFError:
                worker.process.join()
                raise _interrupted() if was_terminated else _lost(worker.process) from None
            if worker.done:
                del running[messages]


def _receive(worker: _Worker, on_progress: OnProgress) -> None:
    """Handle one message.

    Raises:
        EOFError: the process ended without a last message.
        KubesplatError: the process failed.
    """
    message = worker.messages.recv()
    if isinstance(message, KubesplatError):
        raise message
    if isinstance(message, Progress):
        on_progress(message)
    else:
        assert isinstance(message, _Done)
        worker.done = message


def _interrupted() -> KubesplatError:
    """For a SIGTERM before workers installed their handlers."""
    return TrainingInterruptedError(
        "training was asked to end before its first step",
        remedy="Run the same command again: it starts, or resumes, from there.",
    )


def _lost(process: SpawnProcess) -> KubesplatError:
    if process.exitcode == -signal.SIGKILL:
        return StageLostError(
            f"{process.name}, one of several training processes, was killed by the system, most likely "
            "because the machine's memory ran out",
            remedy="Run again, with more memory: training resumes from its last checkpoint.",
        )
    return InternalError(
        f"{process.name}, one of several training processes, ended with status {process.exitcode} "
        "and without an error message",
        remedy="Look at its output above.",
    )


def _end(worker: _Worker) -> None:
    """A rank that is blocked in a collective does not handle SIGTERM: kill it."""
    worker.process.join(_GRACE_SECONDS if worker.done else 0.0)
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()
    worker.messages.close()
