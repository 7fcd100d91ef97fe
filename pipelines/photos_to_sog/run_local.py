"""Run the pipeline on this machine: Kubeflow's local runner in a child process, its chatter in a log.

The child leads a process group of its own, so that an interrupt ends every stage with it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.publish.conclude import conclude, delete_run_state
from components.publish.run_state import RunState
from components.publish.settings import PublishSettings
from components.shared.contracts.report import Report, RunStatus
from components.shared.environment import ARTIFACTS_VARIABLE, PROGRESS_FILE_VARIABLE, RUN_FOLDER_VARIABLE
from components.shared.errors import InternalError
from components.shared.files import write_json
from components.shared.processes import follow_file, start_process
from components.shared.progress import ProgressEvent
from components.shared.run_layout import REPORT_JSON, RUN_LOG
from components.shared.storage import is_s3, local_path, open_storage
from pipelines.photos_to_sog.capture_state import capture_state
from pipelines.photos_to_sog.private_folder import lock_output, scratch_folder

PROGRESS_FILE = "progress.jsonl"

_GRACE_SECONDS = 20.0
"""Time between SIGTERM and SIGKILL: stages save their work and remove unfinished files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalJob:
    """One run: `arguments` are the pipeline's parameters, `output` (folder or s3:// prefix) among them."""

    arguments: dict[str, Any]
    work: Path | None = None
    """Folder for intermediate results, kept after the run; None takes one that is deleted."""
    artifacts: str | None = None
    """s3:// prefix that intermediate results travel through; None keeps them on this disk."""
    pipeline: str = "pipelines.photos_to_sog.pipeline:photos_to_sog"
    """Module and name of the pipeline function."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of the pipeline's process."""

    @property
    def output(self) -> str:
        return str(self.arguments["output"])

    @property
    def output_folder(self) -> Path | None:
        return None if is_s3(self.output) else local_path(self.output)


def run_local(job: LocalJob, on_event: Callable[[ProgressEvent], None]) -> Report:
    """Run to the end, pass on every progress event, and return its report.

    A failure of a stage is a report with `status` failed, not an exception. The same job run again
    resumes after the stages that an interrupted run finished, and training from its last checkpoint.

    Raises:
        StorageError: the output or the scratch folder cannot be written.
    """
    # Other runs overwrite artifacts in S3: a run resumes from artifacts on disk only.
    state = None if job.artifacts else capture_state(str(job.arguments["capture"]))
    with (
        lock_output(job.output_folder),
        tempfile.TemporaryDirectory(prefix="kubesplat-run-") as control,
        scratch_folder(job.output_folder, job.work, state) as scratch,
    ):
        delete_run_state(job.output, resume=scratch.resumes)
        status = execute_job(job, Path(control), scratch.path, on_event)
        report = _report(job, status)
        if state is not None and report.failure and report.failure.retryable:
            scratch.keep = True
    return report


def execute_job(job: LocalJob, control: Path, work: Path, on_event: Callable[[ProgressEvent], None]) -> int:
    """Start the child and pass its events on until it ends; return its exit status."""
    events = control / PROGRESS_FILE
    events.touch()
    write_json(
        control / "job.json",
        {"pipeline": job.pipeline, "arguments": job.arguments, "root": str(work / "artifacts")},
    )
    command = [sys.executable, "-m", "pipelines.photos_to_sog.execute", str(control / "job.json")]
    log = (job.output_folder or control) / RUN_LOG
    try:
        with start_process(
            command,
            log=log,
            environment=_environment(job, control, work),
            new_group=True,
            grace_seconds=_GRACE_SECONDS,
        ) as child:
            status = follow_file(child, events, lambda line: on_event(json.loads(line)))
    finally:
        if job.output_folder is None and log.exists():
            open_storage(job.output).put_file(log, RUN_LOG)
    return status


def _environment(job: LocalJob, control: Path, work: Path) -> dict[str, str]:
    scratch = work / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **job.variables,
        "PYTHONUNBUFFERED": "1",
        PROGRESS_FILE_VARIABLE: str(control / PROGRESS_FILE),
        RUN_FOLDER_VARIABLE: str(control),
        "TMPDIR": str(scratch),
    }
    if job.artifacts:
        environment[ARTIFACTS_VARIABLE] = job.artifacts
    return environment


def _report(job: LocalJob, status: int) -> Report:
    storage = open_storage(job.output)
    if not storage.exists(REPORT_JSON):
        # Not even the pipeline's last task could run; say so in its place, or fail on what it failed on.
        lost = conclude(job.output, state=RunState.FAILED, settings=PublishSettings())
        if status > 0:
            raise broken(f"the pipeline itself failed with status {status}")
        return lost
    report = Report.parse(storage.read_bytes(REPORT_JSON), REPORT_JSON)
    if report.status is RunStatus.SUCCEEDED and status != 0:
        raise broken(f"the pipeline ended with status {status} after reporting success")
    return report


def broken(message: str) -> InternalError:
    return InternalError(message, remedy=f"Report this with the end of {RUN_LOG}, beside the results.")
