"""One pass over an inbox on this machine, by Kubeflow's local runner in a child process."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from components.shared.environment import PASS_VARIABLE
from components.shared.progress import ProgressEvent
from components.shared.run_layout import pass_summary_name
from components.shared.storage import get_json, open_storage
from pipelines.inbox_to_sogs.keep_leases import keep_leases, remove_dead_leases
from pipelines.inbox_to_sogs.sum_up import Summary
from pipelines.photos_to_sog.private_folder import lock_output, scratch_folder
from pipelines.photos_to_sog.run_local import LocalJob, broken, execute_job

PIPELINE = "pipelines.inbox_to_sogs.pipeline:inbox_to_sogs"


def run_inbox(job: LocalJob, on_event: Callable[[ProgressEvent], None]) -> Summary:
    """Run to the end, pass on every progress event, and return the summary; failed captures are part of it.

    Raises:
        StorageError: the output or the scratch folder cannot be written.
    """
    storage, pass_id = open_storage(job.output), f"{socket.gethostname()}-{uuid4().hex[:8]}"
    job = replace(job, variables={PASS_VARIABLE: pass_id})
    with (
        lock_output(job.output_folder),
        tempfile.TemporaryDirectory(prefix="kubesplat-run-") as control,
        scratch_folder(job.output_folder, job.work, None) as scratch,
    ):
        if job.output_folder:
            remove_dead_leases(job.output_folder)
        with keep_leases(job.output, pass_id):
            status = execute_job(job, Path(control), scratch.path, on_event)
        name = pass_summary_name(pass_id)
        if not storage.exists(name):
            raise broken(f"the pipeline ended with status {status} and without a summary")
        summary: Summary = get_json(storage, name)
        storage.delete(name)
    return summary
