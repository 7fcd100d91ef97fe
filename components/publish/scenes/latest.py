"""`latest.json` beside the versions of a scene: which version is the latest good one.

Other programs read this file and then the version's own files, which never change. It is replaced whole,
after all files of the version exist, and never by an older version.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from components.publish.scenes.version import SHORT
from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.contracts.report import Report
from components.shared.files import format_json
from components.shared.run_layout import (
    INBOX_LEDGER,
    INDEX_PAGE,
    LATEST_FILE,
    PRIVATE_FOLDER,
    RECORDS_FOLDER,
    VERSION_FILE,
    VIEWER,
)
from components.shared.scene_version import read_version_info
from components.shared.storage import ConflictError, NotFoundError, Storage, open_storage, parent_of

_INTERNAL = (f"{PRIVATE_FOLDER}/", f"{RECORDS_FOLDER}/", VERSION_FILE, LATEST_FILE, INDEX_PAGE, INBOX_LEDGER)
"""Prefixes of names that are no results."""
_TRIES = 10
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>{title}</title>
<a href="{address}">{title}</a>
</html>
"""


class Latest(Contract):
    """The content of `latest.json`."""

    schema_version: SchemaVersion = 1
    scene: str
    """Title of the scene."""
    version: str
    """Name of the version; empty for results of kubesplat 0.1, which lie beside this file."""
    path: str
    """Folder of the version, relative to this file: empty, or with a `/` at its end."""
    stored_at: str
    """When the version was complete, ISO 8601 in UTC."""
    files: dict[str, int]
    """Bytes of each file of the version by name."""
    gaussians: int | None = None
    psnr_db: float | None = None
    """Of the delivered file, mean over the held-out photos."""
    bytes: int | None = None
    """Size of `scene.sog`."""
    seconds: float | None = None
    cost_usd: float | None = None


def read_latest(scene: Storage) -> Latest | None:
    """`scene` is the folder of all versions; None if no version has succeeded."""
    try:
        return Latest.parse(scene.read_bytes(LATEST_FILE), LATEST_FILE)
    except NotFoundError:
        return None


def switch_latest(output: str, report: Report) -> bool:
    """Make the version at `output`, whose run succeeded, its scene's latest; False if a newer one is.

    Raises:
        ConflictError: others have switched again and again meanwhile.
    """
    version = open_storage(output)
    info = read_version_info(version)
    if info is None:
        return False
    return write_latest(
        open_storage(parent_of(output)), describe_version(version, info.scene, info.version, report)
    )


def describe_version(version: Storage, scene: str, name: str, report: Report) -> Latest:
    """What `latest.json` says of the results in `version`; `name` is empty for those of kubesplat 0.1."""
    listed = [file for file in version.list_files() if not file.name.startswith(_INTERNAL)]
    return Latest(
        scene=scene,
        version=name,
        path=f"{quote(name)}/" if name else "",
        stored_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={file.name: file.bytes for file in listed},
        gaussians=report.gaussians,
        psnr_db=report.delivered.psnr_db,
        bytes=report.compress.bytes,
        seconds=report.totals.seconds,
        cost_usd=report.totals.cost_usd,
    )


def write_latest(scene: Storage, latest: Latest) -> bool:
    """Switch `latest.json` in the folder `scene`, then the page beside it; False if a newer version is there.

    Raises:
        ConflictError: others have switched again and again meanwhile.
    """
    for _ in range(_TRIES):
        current, version = _read(scene)
        if current and current.version > latest.version:
            return False
        content = format_json(latest.to_json()).encode()
        try:
            scene.write_if(LATEST_FILE, content, version, cache_control=SHORT)
        except ConflictError as error:
            conflict = error
        else:
            _write_page(scene)
            return True
    raise conflict


def _write_page(scene: Storage) -> None:
    """Write the page of the latest version, and again if that is another one by then.

    So whoever writes last has seen the newest version, however many switch at the same time.
    """
    written, latest = None, read_latest(scene)
    while latest and latest != written:
        scene.write_bytes(INDEX_PAGE, _page(latest).encode(), cache_control=SHORT)
        written, latest = latest, read_latest(scene)


def _page(latest: Latest) -> str:
    """A page that leads to the viewer of the version."""
    return _PAGE.format(title=escape(latest.scene), address=escape(f"{latest.path}{VIEWER}"))


def _read(scene: Storage) -> tuple[Latest | None, str | None]:
    try:
        content, version = scene.read_version(LATEST_FILE)
    except NotFoundError:
        return None, None
    return Latest.parse(content, LATEST_FILE), version
