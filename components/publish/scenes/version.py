"""A version of a scene, `scenes/<scene>/<version>/`: its name, and the lease under which it is made."""

from __future__ import annotations

from datetime import UTC, datetime

from components.shared.errors import KubesplatError
from components.shared.leases import acquire, release
from components.shared.run_layout import LEASE_FILE, VERSION_FILE
from components.shared.scene_version import VersionInfo, read_version_info
from components.shared.storage import name_of, open_storage, parent_of, put_json

IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control of a version's files: another version has another address."""
SHORT = "public, max-age=60"
"""Cache-Control of what leads to the latest version."""


class LeaseLostError(KubesplatError):
    """Another run has taken over what this one was to work on."""


def version_name(begun_at: float, fingerprint: str) -> str:
    """A name that sorts by time; `begun_at` is in seconds since 1970."""
    return f"{datetime.fromtimestamp(begun_at, UTC):%Y%m%dT%H%M%SZ}-{fingerprint[:6]}"


def begin_version(output: str, info: VersionInfo) -> None:
    """Make `output` the place of a version."""
    put_json(open_storage(output), VERSION_FILE, info.to_json())


def scene_title(output: str) -> str:
    """The title of the scene that is made at `output`."""
    info = read_version_info(open_storage(output))
    return info.scene if info else name_of(output)


def hold_version(output: str, holder: str) -> None:
    """Take the lease under which a version is made at `output` once more; without versions nothing happens.

    Raises:
        LeaseLostError: another run makes this version by now, or another one of the scene.
    """
    info = read_version_info(open_storage(output))
    if info is None or info.lease_seconds is None:
        return
    has_it = info.holder
    if has_it == holder:
        has_it = acquire(open_storage(parent_of(output)), LEASE_FILE, holder, info.lease_seconds).holder
    if has_it != holder:
        raise LeaseLostError(
            f"the lease of {holder} on {info.scene} has expired, and {has_it} has taken it over",
            remedy="Nothing: the other run delivers the scene. If it happens often, raise inbox.lease_hours.",
        )


def release_version(output: str, holder: str) -> None:
    """End the lease of `holder` under which a version was made at `output`."""
    info = read_version_info(open_storage(output))
    if info and info.lease_seconds:
        release(open_storage(parent_of(output)), LEASE_FILE, holder)
