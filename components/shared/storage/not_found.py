"""The one storage failure that callers tell apart: what was asked for is not there."""

from __future__ import annotations

from components.shared.errors import StorageError


class NotFoundError(StorageError):
    """There is no such file, object or bucket."""
