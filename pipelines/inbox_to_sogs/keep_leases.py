"""Leases of a pass on one machine: renewed while it lives, ended with it; those of dead passes removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from components.publish.scenes.version import LeaseLostError, hold_version, release_version
from components.shared.errors import KubesplatError
from components.shared.run_layout import LEASE_FILE, REPORT_JSON, plan_name
from components.shared.storage import NotFoundError, get_json, open_storage
from pipelines.inbox_to_sogs.begin import LOCAL_LEASE_SECONDS

_JOIN_TIMEOUT_SECONDS = 10.0


@contextmanager
def keep_leases(output: str, pass_id: str, *, every: float = LOCAL_LEASE_SECONDS / 4) -> Iterator[None]:
    """Renew what the pass has begun at `output`, `every` so many seconds; end its leases after the block."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(every):
            for_each_begun(output, pass_id, _renew)

    keeper = threading.Thread(target=renew, daemon=True, name="keep-leases")
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join(_JOIN_TIMEOUT_SECONDS)
        for_each_begun(output, pass_id, release_version)


def for_each_begun(output: str, pass_id: str, act: Callable[[str, str], None]) -> None:
    """Call `act` with each version that the pass has begun, and its id; what fails is tried again later."""
    try:
        plan = get_json(open_storage(output), plan_name(pass_id))
    except NotFoundError:  # nothing is begun yet, or all is done
        return
    except KubesplatError as error:
        print(f"inbox: leases were not renewed: {error.message}", flush=True)
        return
    for each in plan["captures"]:
        if each["begin"]:
            try:
                act(each["output"], pass_id)
            except LeaseLostError:
                pass  # done meanwhile; or another pass has it, as this one learns when it begins the capture
            except KubesplatError as error:
                print(f"inbox: the lease of {each['title']} was not renewed: {error.message}", flush=True)


def _renew(output: str, pass_id: str) -> None:
    """Nothing to renew once there is a report: the lease was ended with it."""
    if not open_storage(output).exists(REPORT_JSON):
        hold_version(output, pass_id)


def remove_dead_leases(folder: Path) -> None:
    """Remove all leases and plans in a folder of scenes that this process has locked: no other pass lives."""
    for file in [*folder.glob(f"*/{LEASE_FILE}"), *folder.glob(plan_name("*"))]:
        file.unlink(missing_ok=True)
