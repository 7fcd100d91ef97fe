"""Checks over Kubeflow's API alone: reachable, signed in, its version, what this user may see, the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version

from pipelines.client.connection.connect import Kubeflow, connect
from pipelines.client.connection.errors import ServiceError
from pipelines.client.connection.settings import ClientSettings
from pipelines.client.doctor.finding import Finding, fail, ok, unseen, warn
from pipelines.client.runs import list_runs
from pipelines.client.schedules import list_schedules

OLDEST, NEWEST = (2, 17), (2, 18)
"""Versions of Kubeflow Pipelines that the packages were tried with."""
_MOST_CLOCK_SECONDS = 60.0
_S3_CLOCK_SECONDS = 900.0
"""S3 refuses signatures that are older or newer than this."""


def check_kubeflow(settings: ClientSettings) -> tuple[Kubeflow | None, list[Finding]]:
    """The connection, or None if it failed, and what was found on the way."""
    try:
        kubeflow = connect(settings)
    except ServiceError as error:
        return None, [fail("kubeflow", error.message, error.remedy)]
    findings = [_check_version(kubeflow), *_check_lists(kubeflow)]
    return kubeflow, [*findings, check_clock("clock", kubeflow.date, "Kubeflow")]


def _check_version(kubeflow: Kubeflow) -> Finding:
    where = f"Kubeflow Pipelines {kubeflow.version or 'of an unknown version'} at {kubeflow.host}"
    numbers = re.match(r"(\d+)\.(\d+)", kubeflow.version)
    found = (int(numbers[1]), int(numbers[2])) if numbers else None
    tried = " and ".join(f"{major}.{minor}" for major, minor in (OLDEST, NEWEST))
    if found is None or not OLDEST <= found <= NEWEST:
        remedy = (
            f"The packages are compiled by kfp {version('kfp')}, and were tried with {tried}: install one."
        )
        return warn("kubeflow", where, remedy)
    return ok("kubeflow", where)


def _check_lists(kubeflow: Kubeflow) -> Iterator[Finding]:
    whose = f" of the profile {kubeflow.namespace}" if kubeflow.namespace else ""
    try:
        list_runs(kubeflow, 1)
        count = len(list_schedules(kubeflow))
    except ServiceError as error:
        yield fail("runs", error.message, error.remedy)
    else:
        yield ok("runs", f"runs and schedules{whose} can be listed; {count} schedules")


def check_clock(check: str, date: str, server: str, now: datetime | None = None) -> Finding:
    """Compare this machine's clock with the header `Date` of an answer that has just arrived."""
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return unseen(check, f"{server} does not tell its time")
    seconds = ((now or datetime.now(UTC)) - then.astimezone(UTC)).total_seconds()
    if abs(seconds) <= _MOST_CLOCK_SECONDS:
        return ok(check, f"this machine and {server} differ by {abs(seconds):.0f} s")
    text = (
        f"this machine's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {server}'s"
    )
    remedy = f"Set the clocks by NTP. S3 refuses signatures that are {_S3_CLOCK_SECONDS:.0f} s off."
    return (fail if abs(seconds) > _S3_CLOCK_SECONDS else warn)(check, text, remedy)
