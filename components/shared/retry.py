"""Tries of a stage on a cluster: counted, and not repeated where they cannot help.

Kubeflow's launcher ends with status 1 whatever a stage ended with, so that Argo cannot tell bad photos
from a lost node and repeats both. A try that finds its own run's failure of the first kind repeats the
words and ends, before anything is fetched or computed. Without a run's name, as on one machine, nobody
repeats a stage: nothing is read or written.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from components.shared.errors import exit_code_of
from components.shared.push_metrics import RUN_VARIABLE
from components.shared.storage import Storage, get_json, open_storage, put_json

TRIES_FOLDER = ".kubesplat/tries"
"""Beside the records and not among them: it is written before a try, which may be killed."""


def begin_try(record_name: str, stage: str, output: str) -> int:
    """How many tries of the same run came before; `record_name` is where those left how they ended.

    Raises:
        SystemExit: one of them failed for good.
    """
    run = os.environ.get(RUN_VARIABLE, "")
    if not run:
        return 0
    storage, name = open_storage(output), f"{TRIES_FOLDER}/{stage}.json"
    with tempfile.TemporaryDirectory() as folder:
        record = _of_run(run, storage, record_name, Path(folder))
        if record and record["failure"] and not record["failure"]["retryable"]:
            _repeat(record["failure"])
        before = _of_run(run, storage, name, Path(folder))
        tries: int = before["tries"] if before else 0
        put_json(storage, name, {"run": run, "tries": tries + 1}, Path(folder))
    return tries


def forget_tries(output: str) -> None:
    """A run that has ended counts no further; one that is started again by hand counts anew."""
    storage = open_storage(output)
    for name in storage.list_names(f"{TRIES_FOLDER}/"):
        storage.delete(name)


def _of_run(run: str, storage: Storage, name: str, scratch: Path) -> dict[str, Any] | None:
    if not storage.exists(name):
        return None
    content: dict[str, Any] = get_json(storage, name, scratch)
    return content if content.get("run") == run else None


def _repeat(failure: dict[str, Any]) -> None:
    print(
        f"{failure['stage']} failed: {failure['message']}\n{failure['remedy']}\n"
        "An earlier try of this run found that; another one cannot help.",
        file=sys.stderr,
    )
    raise SystemExit(exit_code_of(failure["type"]))
