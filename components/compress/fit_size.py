"""The closest file within a size: the fidelity is searched, and each try is a whole file."""

from __future__ import annotations

import math

from components.compress.encode import EncodedScene, encode
from components.compress.prepare import Prepared
from components.compress.rate.fidelity import FIDELITIES, HIGHEST_DB, LOWEST_DB, Fidelity
from components.compress.rate.search import next_fidelity
from components.compress.settings import CompressSettings
from components.shared.errors import InputError
from components.shared.progress import OnProgress, within

CLOSE = 0.95
"""Part of the limit from which a file is large enough."""
_AIM = 0.98
_GROWTH = 0.045
"""By so much grows the logarithm of the size with each dB, about: 0.035 at 60 dB, 0.1 at 25 dB."""
_TRIES = 9


def encode_to_size(
    prepared: Prepared, limit: int, settings: CompressSettings, on_progress: OnProgress
) -> EncodedScene:
    """The largest file found of at most `limit` bytes; smaller than 95 % of it only if the scene is.

    Raises:
        InputError: even the least faithful file is larger.
    """
    best: EncodedScene | None = None
    sizes: dict[float, int] = {}
    db = FIDELITIES["web"].db
    for attempt in range(_TRIES):
        on_try = within(on_progress, attempt / _TRIES, (attempt + 1) / _TRIES)
        encoded = encode(prepared, Fidelity(db), settings, on_try)
        sizes[db] = encoded.bytes
        if encoded.bytes <= limit and (best is None or encoded.bytes > best.bytes):
            best = encoded
        is_close = CLOSE * limit <= encoded.bytes <= limit
        if is_close or db == (HIGHEST_DB if encoded.bytes <= limit else LOWEST_DB):
            break
        missing = {each: math.log(_AIM * limit / size) for each, size in sizes.items()}
        db = next_fidelity(missing, _GROWTH)
    if best is None:
        raise InputError(
            f"the smallest file has {min(sizes.values()):,} bytes; compress.size allows {limit:,}",
            remedy="Allow more, or train with fewer Gaussians (--max-gaussians).",
        )
    return best
