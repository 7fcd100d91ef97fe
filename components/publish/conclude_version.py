"""The end of a run that may make a version of a scene: its report, the switch of the latest, the lease."""

from __future__ import annotations

from components.publish.conclude import conclude
from components.publish.run_state import RunState
from components.publish.scenes.latest import switch_latest
from components.publish.scenes.version import LeaseLostError, hold_version, release_version
from components.publish.settings import PublishSettings
from components.shared.contracts.report import Report, RunStatus
from components.shared.leases import own_id


def conclude_version(output: str, *, state: RunState, settings: PublishSettings) -> Report | None:
    """Write the report of the run at `output`; a version that succeeded becomes its scene's latest.

    None, and nothing is written, if another run has taken over the version meanwhile: the report there is, or
    will be, that run's.
    """
    try:
        hold_version(output, own_id())
    except LeaseLostError as error:
        print(f"conclude: {error.message}; its report is left alone", flush=True)
        return None
    report = conclude(output, state=state, settings=settings)
    if report.status is RunStatus.SUCCEEDED:
        switch_latest(output, report)
    release_version(output, own_id())
    return report
