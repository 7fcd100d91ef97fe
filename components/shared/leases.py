"""Leases by conditional writes: of several processes one works on something, and a dead one is replaced.

A lease is a small JSON file `{"holder", "expires_at"}`. It is taken, renewed and taken over by writes that
succeed only at the version that was read, so that of several processes one succeeds. Expiry is told by the
clocks of the processes: leases are to be long against the differences of those, which are seconds.

Whoever works longer than its lease may lose it: before results are made public, it takes it once more.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from uuid import uuid4

from components.shared.environment import PASS_VARIABLE, RUN_VARIABLE
from components.shared.errors import StorageError
from components.shared.files import format_json
from components.shared.run_layout import PRIVATE_FOLDER
from components.shared.storage import ConflictError, NotFoundError, Storage

_SAFE_SECONDS = 60.0
"""A lease that lasts this long is surely still its holder's, whatever the clocks say."""
_TRIES = 3


class UnconditionalStoreError(StorageError):
    """The object store ignores the conditions of conditional writes, so that nothing can be leased there."""

    retryable = False


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    """Id of a run or of a pass."""
    expires_at: float
    """Seconds since 1970."""


def own_id() -> str:
    """The holder that this process stands for: a run, or on one machine a pass."""
    return os.environ.get(RUN_VARIABLE) or os.environ.get(PASS_VARIABLE) or "local"


def acquire(storage: Storage, name: str, holder: str, seconds: float, *, dead: str = "") -> Lease:
    """The lease `name` after an attempt to take it for `seconds`: it has `holder` on success.

    Succeeds if nobody has it, if it has expired, if `dead` has it, a holder that works no more, and if
    `holder` has it already: it then begins anew.
    """
    for _ in range(_TRIES):
        held, version = _read(storage, name)
        if held and held.holder not in (holder, dead) and held.expires_at > time.time():
            return held
        lease = Lease(holder, time.time() + seconds)
        if _write(storage, name, lease, version):
            return lease
    return Lease("of others", time.time())


def release(storage: Storage, name: str, holder: str) -> None:
    """End the lease if `holder` has it. One that is about to expire is left to do so."""
    held, _ = _read(storage, name)
    if held and held.holder == holder and held.expires_at > time.time() + _SAFE_SECONDS:
        storage.delete(name)


def check_conditions(storage: Storage) -> None:
    """Prove that conditional writes to `storage` are what they are called, with a file that is deleted again.

    Raises:
        UnconditionalStoreError: one succeeded that must not.
    """
    name = f"{PRIVATE_FOLDER}/conditions-{uuid4().hex}"
    try:
        version = storage.write_if(name, b"first", None)
        for refused in (None, version[::-1]):
            try:
                storage.write_if(name, b"second", refused)
            except ConflictError:
                continue
            raise UnconditionalStoreError(
                f"the object store of {storage.uri} ignores conditions of writes (If-None-Match, If-Match)",
                remedy="Update it: AWS, MinIO and SeaweedFS honour them. Or set inbox.leases=off, and see to "
                "it that no two passes over this inbox run at a time.",
            )
    finally:
        storage.delete(name)


def _read(storage: Storage, name: str) -> tuple[Lease | None, str | None]:
    """The lease and the version of its file; a damaged file counts as an expired lease."""
    try:
        content, version = storage.read_version(name)
    except NotFoundError:
        return None, None
    try:
        values = json.loads(content)
        return Lease(str(values["holder"]), float(values["expires_at"])), version
    except (ValueError, KeyError, TypeError):
        return None, version


def _write(storage: Storage, name: str, lease: Lease, version: str | None) -> bool:
    """Whether `lease` stands there now.

    A refused write may have been this one: the client repeats a request whose answer was lost.
    """
    try:
        storage.write_if(name, format_json(asdict(lease)).encode(), version)
    except ConflictError:
        held, _ = _read(storage, name)
        return held is not None and held.holder == lease.holder
    return True
