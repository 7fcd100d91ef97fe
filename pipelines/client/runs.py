"""Runs: start one, find them, stop one."""

from __future__ import annotations

import io
import json
import re
import secrets
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kfp_server_api import V2beta1Experiment

from components.shared.default_output import RESULT_SUFFIX, choose_output
from components.shared.errors import InputError
from components.shared.storage import normalize
from pipelines.client.connection.connect import Kubeflow
from pipelines.client.connection.errors import RejectedError, ResourceNotFoundError
from pipelines.client.create_once import create_once
from pipelines.client.states import RunState

UNFINISHED: tuple[RunState, ...] = ("RUNTIME_STATE_UNSPECIFIED", "PENDING", "RUNNING", "CANCELING", "PAUSED")

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Run:
    """The fields of a `V2beta1Run` that are used."""

    id: str
    name: str
    state: RunState
    """PENDING before Kubeflow sets one. CANCELED also where Argo reports a cancelled run as FAILED."""
    created_at: datetime | None
    finished_at: datetime | None
    parameters: Mapping[str, Any]
    message: str
    """Kubeflow's error message; often empty."""
    tasks: tuple[Any, ...] = ()
    """`V2beta1PipelineTaskDetail`s; empty in lists."""
    schedule: str = ""
    """Id of the schedule that started the run; empty: none did."""

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def inbox(self) -> str | None:
        """The inbox of a pass; None for a run of one capture."""
        inbox = self.parameters.get("inbox")
        return str(inbox) if inbox else None

    @property
    def output(self) -> str | None:
        """Folder or prefix of the results, with a folder for each capture of an inbox.

        None for a run of another pipeline.
        """
        chosen = str(self.parameters.get("output") or "")
        if self.inbox:
            from pipelines.inbox_to_sogs.plan import INBOX_SUFFIX  # slow to import, used for few runs

            return output_of(chosen, self.inbox, INBOX_SUFFIX)
        capture = self.parameters.get("capture")
        return output_of(chosen, str(capture)) if capture else None


def output_of(output: str, capture: str, suffix: str = RESULT_SUFFIX) -> str | None:
    """The output of a run of `capture`; None where no output can be derived, so that the run will fail."""
    try:
        return normalize(choose_output(output, capture, suffix=suffix))
    except InputError:
        return None


def unique_name(name: str) -> str:
    """`name` with a random suffix, so that a run whose creation was not answered can be found by its name."""
    return f"{name} {secrets.token_hex(4)}"


def experiment_id(kubeflow: Kubeflow, name: str) -> str:
    """Id of the experiment `name`, which is created if it does not exist."""

    def find() -> str | None:
        same = {"operation": "EQUALS", "key": "display_name", "string_value": name}
        answer = kubeflow.client.list_experiments(
            namespace=kubeflow.namespace, filter=json.dumps({"predicates": [same]})
        )
        return str(answer.experiments[0].experiment_id) if answer.experiments else None

    def create() -> str:
        wanted = V2beta1Experiment(display_name=name, namespace=kubeflow.namespace)
        made = kubeflow.client._experiment_api.experiment_service_create_experiment(experiment=wanted)
        return str(made.experiment_id)

    what = f"the experiment {name!r}"
    return find() or create_once(create, find, what, "kfp experiment list", sleep=kubeflow.sleep)


def start_run(
    kubeflow: Kubeflow, package: Path, parameters: Mapping[str, Any], *, name: str, experiment: str
) -> Run:
    """Start the pipeline in `package`; `name` must be unique.

    Raises:
        ServiceError: the run was not started.
        UnknownOutcomeError: it could not be found out whether the run was started.
    """

    def create() -> Run:
        with redirect_stdout(io.StringIO()):  # kfp prints a link
            made = kubeflow.client.run_pipeline(experiment, name, str(package), dict(parameters))
        return read_run(made)

    def find() -> Run | None:
        found = _list(kubeflow, [_equals("display_name", name)], experiment=experiment)
        return found[0] if found else None

    return create_once(create, find, f"the run {name!r}", "kubesplat status", sleep=kubeflow.sleep)


def refuse_taken_output(kubeflow: Kubeflow, output: str) -> None:
    """
    Raises:
        RejectedError: an unfinished run already writes to `output`.
    """
    for run in unfinished_runs(kubeflow):
        if run.output == normalize(output):
            raise RejectedError(
                f"the run {run.name!r} is writing to {output}",
                remedy=f"Follow it: `kubesplat status {run.id}`; end it: `kubesplat cancel {run.id}`; "
                "or choose another --output.",
            )


def unfinished_runs(kubeflow: Kubeflow) -> list[Run]:
    """Newest first."""
    states = {"operation": "IN", "key": "state", "string_values": {"values": list(UNFINISHED)}}
    return _list(kubeflow, [states])


def find_run(kubeflow: Kubeflow, name: str) -> Run:
    """The run with this id or name, with its tasks.

    Raises:
        ResourceNotFoundError: there is no such run.
    """
    if _ID.fullmatch(name):
        return read_run(kubeflow.client.get_run(name))
    found = _list(kubeflow, [_equals("display_name", name)])
    if not found:
        raise ResourceNotFoundError(
            f"there is no run called {name!r}", remedy="List them with `kubesplat status --all`."
        )
    return read_run(kubeflow.client.get_run(found[0].id))


def list_runs(kubeflow: Kubeflow, count: int | None = None) -> list[Run]:
    """Newest first, at most `count`."""
    return _list(kubeflow, [], count=count)


def cancel_run(kubeflow: Kubeflow, run: Run) -> None:
    kubeflow.client.terminate_run(run.id)


def _list(
    kubeflow: Kubeflow,
    predicates: list[dict[str, Any]],
    *,
    experiment: str | None = None,
    count: int | None = None,
) -> list[Run]:
    runs: list[Run] = []
    token = ""
    while count is None or len(runs) < count:
        answer = kubeflow.client.list_runs(
            page_token=token,
            page_size=min(_PAGE, count - len(runs)) if count else _PAGE,
            sort_by="created_at desc",
            experiment_id=experiment,
            namespace=kubeflow.namespace,
            filter=json.dumps({"predicates": predicates}) if predicates else None,
        )
        runs += [read_run(each) for each in answer.runs or []]
        token = answer.next_page_token or ""
        if not token:
            break
    return runs


def _equals(key: str, value: str) -> dict[str, str]:
    return {"operation": "EQUALS", "key": key, "string_value": value}


def read_run(run: Any) -> Run:
    """From a `V2beta1Run`."""
    if not run.run_id:
        raise RejectedError(
            "Kubeflow's answer contains no run id",
            remedy="Check that --host is a Kubeflow Pipelines 2 API.",
        )
    config, details = run.runtime_config, run.run_details
    return Run(
        id=run.run_id,
        name=run.display_name or run.run_id,
        state=_state(run),
        created_at=moment(run.created_at),
        finished_at=moment(run.finished_at),
        parameters=(config.parameters if config else None) or {},
        message=(run.error.message if run.error else None) or "",
        tasks=tuple((details.task_details if details else None) or ()),
        schedule=run.recurring_run_id or "",
    )


def _state(run: Any) -> RunState:
    """Argo reports a cancelled run as FAILED; the state history tells the two apart."""
    cancelled = any(each.state in ("CANCELING", "CANCELED") for each in run.state_history or [])
    return "CANCELED" if cancelled and run.state == "FAILED" else run.state or "PENDING"


def moment(time: datetime | None) -> datetime | None:
    """`time` in UTC; None for an unset time, which Kubeflow writes as year 1 or 1970."""
    if time is None or time.year <= 1970:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
