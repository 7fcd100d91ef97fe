"""Recurring runs of Kubeflow: create, find, enable, disable and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.client.connection.connect import Kubeflow
from pipelines.client.connection.errors import RejectedError, ResourceNotFoundError
from pipelines.client.create_once import create_once
from pipelines.client.cron import format_interval
from pipelines.client.runs import moment, unfinished_runs

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a schedule starts runs: by cron or at an interval, one of both."""

    cron: str | None = None
    """Six fields, seconds first."""
    interval_seconds: int | None = None

    def __str__(self) -> str:
        if self.cron:
            return f"cron {self.cron}"
        return f"every {format_interval(self.interval_seconds)}" if self.interval_seconds else "never"


@dataclass(frozen=True, slots=True)
class Schedule:
    id: str
    name: str
    trigger: Trigger
    enabled: bool
    created_at: datetime | None
    parameters: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "schedule": self.id,
            "name": self.name,
            "cron": self.trigger.cron,
            "interval_seconds": self.trigger.interval_seconds,
            "enabled": self.enabled,
            "created_at": self.created_at.isoformat() if self.created_at else None,
            "parameters": dict(self.parameters),
        }


def create_schedule(
    kubeflow: Kubeflow,
    package: Path,
    parameters: Mapping[str, Any],
    trigger: Trigger,
    *,
    name: str,
    experiment: str,
    enabled: bool = True,
) -> Schedule:
    """Create a schedule with one run at a time and without catch-up: each pass finds everything new.

    Raises:
        RejectedError: there is a schedule of this name.
        ServiceError: the schedule was not created.
        UnknownOutcomeError: it could not be found out whether the schedule was created.
    """

    def find() -> Schedule | None:
        return next((each for each in list_schedules(kubeflow) if each.name == name), None)

    def create() -> Schedule:
        made = kubeflow.client.create_recurring_run(
            experiment,
            name,
            description="Made by kubesplat schedule create.",
            interval_second=trigger.interval_seconds,
            cron_expression=trigger.cron,
            max_concurrency=1,
            no_catchup=True,
            params=dict(parameters),
            pipeline_package_path=str(package),
            enabled=enabled,
        )
        return _schedule(made)

    if find() is not None:
        raise RejectedError(
            f"there is a schedule called {name!r} already",
            remedy=f"Choose another --name, or `kubesplat schedule delete {name}` first.",
        )
    what = f"the schedule {name!r}"
    return create_once(create, find, what, "kubesplat schedule list", sleep=kubeflow.sleep)


def list_schedules(kubeflow: Kubeflow) -> list[Schedule]:
    found: list[Schedule] = []
    token = ""
    while True:
        answer = kubeflow.client.list_recurring_runs(
            page_token=token, page_size=_PAGE, sort_by="created_at desc", namespace=kubeflow.namespace
        )
        found += [_schedule(each) for each in answer.recurring_runs or []]
        token = answer.next_page_token or ""
        if not token:
            return found


def find_schedule(kubeflow: Kubeflow, name: str) -> Schedule:
    """The schedule with this id or name.

    Raises:
        ResourceNotFoundError: there is no such schedule.
        RejectedError: several schedules have that name.
    """
    found = [each for each in list_schedules(kubeflow) if name in (each.id, each.name)]
    if not found:
        raise ResourceNotFoundError(
            f"there is no schedule called {name!r}", remedy="List them with `kubesplat schedule list`."
        )
    if len(found) > 1:
        raise RejectedError(
            f"there are {len(found)} schedules called {name!r}",
            remedy="Give the id instead, from `kubesplat schedule list`.",
        )
    return found[0]


def delete_schedule(kubeflow: Kubeflow, schedule: Schedule) -> None:
    """Disable the schedule, then delete it unless one of its runs is under way.

    Kubeflow makes a schedule the owner of its workflows. Deleting the schedule would also delete a running
    workflow, without a report.

    Raises:
        RejectedError: a run of the schedule is under way; the schedule is now disabled.
    """
    if schedule.enabled:
        switch_schedule(kubeflow, schedule, on=False)
    for run in unfinished_runs(kubeflow):
        if run.schedule == schedule.id:
            raise RejectedError(
                f"the run {run.name!r} of this schedule is under way and would be deleted with it; the "
                "schedule is now disabled",
                remedy=f"Wait for the run: `kubesplat status {run.id} --wait`, or end it: "
                f"`kubesplat cancel {run.id}`; then delete the schedule.",
            )
    with suppress(ResourceNotFoundError):  # an earlier attempt deleted it, but its answer was lost
        kubeflow.client.delete_recurring_run(schedule.id)


def switch_schedule(kubeflow: Kubeflow, schedule: Schedule, *, on: bool) -> None:
    switch = kubeflow.client.enable_recurring_run if on else kubeflow.client.disable_recurring_run
    switch(schedule.id)


def _schedule(schedule: Any) -> Schedule:
    trigger, config = schedule.trigger, schedule.runtime_config
    cron = trigger.cron_schedule if trigger else None
    periodic = trigger.periodic_schedule if trigger else None
    interval = periodic.interval_second if periodic else None
    return Schedule(
        id=schedule.recurring_run_id,
        name=schedule.display_name,
        trigger=Trigger(cron.cron if cron else None, int(interval) if interval else None),
        enabled=schedule.status == "ENABLED",
        created_at=moment(schedule.created_at),
        parameters=(config.parameters if config else None) or {},
    )
