"""The closest file within a size: the fidelity is searched, and each try is a whole file."""

from __future__ import annotations

import math

from components.compress.encode import EncodedScene, encode
from components.compress.prepare import Prepared
from components.compress.rate.fidelity import FIDELITIES, HIGHEST_DB, LOWEST_DB, Fidelity
from components.compress.settings import CompressSettings
from components.shared.errors import InputError
from components.shared.progress import OnProgress, within

CLOSE = 0.95
"""Part of the limit from which a file is large enough."""
_TRIES = 9


def encode_to_size(
    prepared: Prepared, limit: int, settings: CompressSettings, on_progress: OnProgress
) -> EncodedScene:
    """The largest file found of at most `limit` bytes; smaller than 95 % of it only if the scene is.

    Raises:
        InputError: even the least faithful file is larger.
    """
    low, high = LOWEST_DB, HIGHEST_DB
    best: EncodedScene | None = None
    db, sizes = FIDELITIES["web"].db, dict[float, int]()
    for attempt in range(_TRIES):
        on_try = within(on_progress, attempt / _TRIES, (attempt + 1) / _TRIES)
        encoded = encode(prepared, Fidelity(db), settings, on_try)
        sizes[db] = encoded.bytes
        if encoded.bytes <= limit:
            best, low = encoded, db
            if encoded.bytes >= CLOSE * limit or db == HIGHEST_DB:
                break
        else:
            high = db
            if db == LOWEST_DB:
                break
        db = _next(low, high, sizes, limit)
    if best is None:
        raise InputError(
            f"the smallest file has {min(sizes.values()):,} bytes; compress.size allows {limit:,}",
            remedy="Allow more, or train with fewer Gaussians (--max-gaussians).",
        )
    return best


def _next(low: float, high: float, sizes: dict[float, int], limit: int) -> float:
    """A fidelity between `low`, whose file is too small or unknown, and `high`.

    Bytes grow about exponentially. An end that was not tried yet is tried itself.
    """
    if low not in sizes:
        return low if high - low < 8.0 else high - 8.0
    if high not in sizes:
        return high if high - low < 8.0 else low + 8.0
    small, large, wanted = (math.log(each) for each in (sizes[low], sizes[high], 0.98 * limit))
    part = (wanted - small) / max(large - small, 1e-9)
    return low + (high - low) * min(max(part, 0.1), 0.9)
