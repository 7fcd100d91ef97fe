"""Begin a capture under its lease: of several passes over one inbox, one begins it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace

from components.publish.conclude import delete_run_state
from components.publish.scenes.latest import describe_version, write_latest
from components.publish.scenes.version import begin_version, version_name
from components.shared.contracts.report import Report, RunStatus
from components.shared.environment import PASS_VARIABLE
from components.shared.kubeflow_api import has_ended
from components.shared.leases import acquire, release
from components.shared.run_layout import LATEST_FILE, LEASE_FILE
from components.shared.scene_version import VersionInfo
from components.shared.storage import Storage, join, open_storage
from pipelines.inbox_to_sogs.captures import Capture
from pipelines.inbox_to_sogs.decide import Decision, decide, still_uploading
from pipelines.inbox_to_sogs.ledger import Entry, read_entry, read_report, write_entry
from pipelines.inbox_to_sogs.settings import InboxSettings

LOCAL_LEASE_SECONDS = 600.0
"""A pass on one machine renews its leases while it lives: a dead one holds nobody up for longer."""


def lease_seconds(settings: InboxSettings) -> float:
    """Length of the leases of this process: no process outlives the tasks of a run on a cluster."""
    hours = settings.lease_hours
    return min(LOCAL_LEASE_SECONDS, 3600 * hours) if os.environ.get(PASS_VARIABLE) else 3600 * hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """One look at an inbox by one run."""

    scenes: Storage
    """The output: a folder for each capture."""
    run: str
    """Id of the run, or of the pass on one machine."""
    settings: InboxSettings

    def look_at(self, capture: Capture) -> Decision:
        """Whether the capture is to be begun, as far as it can be told without its lease."""
        if reason := still_uploading(capture, self.settings, now=time.time()):
            return Decision(False, reason)
        decision, entry, report = self._decide(capture)
        if report and report.status is RunStatus.SUCCEEDED and not (entry and entry.version):
            self._recognize(capture, report)
        if decision.adopt:
            write_entry(self.scenes, capture.title, self._entry(capture, version=""))
        return decision

    def begin(self, capture: Capture) -> Decision:
        """Take the lease, decide anew, and note what is begun.

        Another pass may have begun or even finished the capture since `look_at`.
        """
        if not self.settings.leases:
            return self._begin(capture, None)
        place, seconds = open_storage(join(self.scenes.uri, capture.title)), lease_seconds(self.settings)
        lease = acquire(place, LEASE_FILE, self.run, seconds)
        if lease.holder != self.run and has_ended(lease.holder):  # without its exit task, as after a crash
            lease = acquire(place, LEASE_FILE, self.run, seconds, dead=lease.holder)
        if lease.holder != self.run:
            return Decision(False, f"run {lease.holder} is working on it")
        decision = self._begin(capture, seconds)
        if not decision.begin:
            release(place, LEASE_FILE, self.run)
        return decision

    def _begin(self, capture: Capture, seconds: float | None) -> Decision:
        decision, before, _ = self._decide(capture)
        if not decision.begin:
            return decision
        entry = self._next_entry(capture, before)
        output = join(self.scenes.uri, f"{capture.title}/{entry.version}")
        delete_run_state(output, resume=False)  # a report belongs to the run that the entry names
        info = VersionInfo(
            scene=capture.title,
            version=entry.version,
            capture=capture.uri,
            holder=self.run,
            lease_seconds=seconds,
        )
        begin_version(output, info)
        write_entry(self.scenes, capture.title, entry)
        return replace(decision, output=output)

    def _decide(self, capture: Capture) -> tuple[Decision, Entry | None, Report | None]:
        entry = read_entry(self.scenes, capture.title)
        report = read_report(self.scenes, capture.title, entry.version if entry else "")
        decision = decide(capture, entry, report, self.settings, run=self.run)
        return decision, entry, report

    def _next_entry(self, capture: Capture, before: Entry | None) -> Entry:
        """A capture that is begun again in the same state goes on in its folder, from its checkpoints."""
        if before is None or before.fingerprint != capture.fingerprint:
            return self._entry(capture, version_name(time.time(), capture.fingerprint))
        version = before.version or version_name(time.time(), capture.fingerprint)
        return self._entry(capture, version, passes=before.passes + (before.run != self.run))

    def _entry(self, capture: Capture, version: str, passes: int = 1) -> Entry:
        return Entry(
            capture=capture.uri,
            fingerprint=capture.fingerprint,
            run=self.run,
            begun_at=time.time(),
            passes=passes,
            version=version,
        )

    def _recognize(self, capture: Capture, report: Report) -> None:
        """Lead to a scene of kubesplat 0.1, which lies where the folders of versions are now."""
        place = open_storage(join(self.scenes.uri, capture.title))
        if not place.exists(LATEST_FILE):
            write_latest(place, describe_version(place, capture.title, "", report))
