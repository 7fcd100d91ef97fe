"""Passes over an inbox with simulated stages until nothing is left: python -m tests.pipeline.simulated_pass.

Planning, leases, reports and summaries are the real ones. Each stage notes its start and its end in a log
that all processes share.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from components.publish.conclude_version import conclude_version
from components.publish.run_state import RunState
from components.publish.scenes.version import hold_version
from components.publish.settings import PublishSettings
from components.shared.contracts.record import StageRecord
from components.shared.environment import PASS_VARIABLE
from components.shared.leases import own_id
from components.shared.run_layout import SCENE_SOG
from components.shared.stage import store_record
from components.shared.storage import open_storage
from pipelines.inbox_to_sogs.plan import Planned, plan_pass
from pipelines.inbox_to_sogs.settings import InboxSettings
from pipelines.inbox_to_sogs.sum_up import sum_up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inbox")
    parser.add_argument("output")
    parser.add_argument("log", type=Path)
    parser.add_argument("--stage-seconds", type=float, default=0.0)
    parser.add_argument("--lease-seconds", type=float, default=60.0)
    given = parser.parse_args()
    settings = InboxSettings(quiet_minutes=0, captures_per_pass=20, lease_hours=given.lease_seconds / 3600)
    begun = True
    while begun:
        plan = plan_pass(given.inbox, given.output, settings)
        for each in plan.begun:
            make_scene(each, given.log, given.stage_seconds)
        sum_up(given.inbox, given.output)
        begun = bool(plan.begun)


def make_scene(capture: Planned, log: Path, seconds: float) -> None:
    hold_version(capture.output, own_id())
    note(log, "start", capture)
    time.sleep(seconds)
    open_storage(capture.output).write_bytes(SCENE_SOG, b"PK")
    store_record(StageRecord(stage="publish"), capture.output, None)
    conclude_version(capture.output, state=RunState.SUCCEEDED, settings=PublishSettings())
    note(log, "end", capture)


def note(log: Path, what: str, capture: Planned) -> None:
    """One write, which the system appends as a whole."""
    with log.open("ab", buffering=0) as file:
        file.write(f"{what} {capture.title} {os.environ[PASS_VARIABLE]}\n".encode())


if __name__ == "__main__":
    main()
