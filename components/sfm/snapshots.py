"""Snapshots of features and matches, from which a stage that was killed goes on."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pycolmap

from components.sfm.features.extract_features import KeypointColors
from components.sfm.settings import SfmSettings
from components.shared.archive import pack, unpack
from components.shared.contracts.capture import CAPTURE_FILE
from components.shared.run_layout import SNAPSHOTS
from components.shared.storage import open_storage

_FORMAT = 1
_DATABASE, _COLORS = "features.db", "colors.npz"
_LEAST_PAUSE = 20
"""Of the time that the last snapshot took: a large database on a slow store costs a twentieth of the time."""


class Snapshots:
    """Files `snapshots/<key>/<database>.tar` in a folder or under an S3 prefix.

    The key is that of the capture, the settings and the version of COLMAP. Without an address nothing is
    kept.
    """

    def __init__(self, address: str, capture: Path, settings: SfmSettings) -> None:
        self._storage = open_storage(address) if address else None
        self._prefix = f"{SNAPSHOTS}/{_key(capture, settings)}/"
        self._pause = settings.snapshot_every_seconds
        self._due = time.monotonic() + self._pause

    def restore(self, database: Path) -> KeypointColors:
        """Write the database as it was when a stage saved it last; the colors are empty if none did.

        Raises:
            StorageError: the store failed, or the disk is full.
        """
        name = self._name(database)
        if self._storage is None or not self._storage.exists(name):
            return {}
        with TemporaryDirectory(dir=database.parent) as folder:
            archive, content = Path(folder, "snapshot.tar"), Path(folder, "content")
            self._storage.get_file(name, archive)
            unpack(archive, content)
            with np.load(content / _COLORS) as colors:
                restored = {int(image_id): colors[image_id] for image_id in colors.files}
            (content / _DATABASE).replace(database)
        return restored

    def save_if_due(self, database: Path, colors: KeypointColors) -> None:
        """Store a database that is not open, and the colors of its features, if enough time has passed.

        Raises:
            StorageError: the store failed, or the disk is full.
        """
        started = time.monotonic()
        if self._storage is None or started < self._due:
            return
        with TemporaryDirectory(dir=database.parent) as folder:
            archive, content = Path(folder, "snapshot.tar"), Path(folder, "content")
            content.mkdir()
            os.link(database, content / _DATABASE)
            arrays: dict[str, Any] = {str(image_id): rows for image_id, rows in colors.items()}
            np.savez(content / _COLORS, **arrays)
            pack(content, archive)
            self._storage.put_file(archive, self._name(database))
        ended = time.monotonic()
        self._due = ended + max(self._pause, _LEAST_PAUSE * (ended - started))

    def clear(self) -> None:
        """Delete all snapshots, also those of other settings."""
        if self._storage is not None:
            for name in self._storage.list_names(f"{SNAPSHOTS}/"):
                self._storage.delete(name)

    def _name(self, database: Path) -> str:
        return f"{self._prefix}{database.stem}.tar"


def _key(capture: Path, settings: SfmSettings) -> str:
    """`capture.json` has the hash of each photo."""
    chosen = settings.model_dump(exclude={"max_minutes", "snapshot_every_seconds"})
    decisions = json.dumps([_FORMAT, pycolmap.__version__, chosen], sort_keys=True)
    return hashlib.sha256(decisions.encode() + (capture / CAPTURE_FILE).read_bytes()).hexdigest()[:16]
