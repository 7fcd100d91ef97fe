"""The smallest file that loses little PSNR: the fidelity is searched; each try is decoded and measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from components.compress.cuda import cuda_rasterizer
from components.compress.encode import EncodedScene, encode
from components.compress.prepare import Prepared
from components.compress.rate import search
from components.compress.rate.fidelity import FIDELITIES, HIGHEST_DB, LOWEST_DB, Fidelity
from components.compress.settings import CompressSettings
from components.compress.visible.held_out_psnr import held_out_psnr_db
from components.shared.errors import InputError
from components.shared.held_out_photos import HeldOutPhoto
from components.shared.progress import OnProgress, within
from components.shared.sog.archive import write_archive
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats

_TRIES = 6
_CLOSE, _AIM, _KEPT = 0.93, 0.96, 0.99
"""Parts of the limit: from which a loss is near enough, which one the search aims at, and up to which it is
kept: the report's renders are those of CPUs, and differ from a GPU's in the last bit."""
_DECAY = 0.12
"""By so much falls the logarithm of the loss with each dB of fidelity, about: bonsai at 54 to 57 dB."""
_LEAST_PART = 0.01
"""Of the limit, that a loss counts as at least: small files may even be closer to the photos."""
_LOST_TRIES = 3
"""After so many that all lose too much, the most faithful file tells whether there is any."""


def encode_within_drop(
    prepared: Prepared,
    photos: Sequence[HeldOutPhoto],
    settings: CompressSettings,
    on_progress: OnProgress,
) -> EncodedScene:
    """The smallest file found whose decoded Gaussians lose at most `settings.max_psnr_drop` dB.

    The loss is `psnr_drop_db` of `report.json`: PSNR against the held-out photos, before and after. That one
    number is chosen by these photos makes it no better by chance: it is near the limit with any others, too.
    No Gaussians are left out. Where few views show them that is a gain in some photos and a loss in others.

    Raises:
        InputError: even the most faithful file loses more.
    """
    assert settings.max_psnr_drop is not None
    rasterizer = cuda_rasterizer(settings.device, antialiased=prepared.splats.antialiased)
    trained_db = held_out_psnr_db(prepared.splats, photos, rasterizer)
    best: EncodedScene | None = None
    drops: dict[float, float] = {}
    for attempt in range(_TRIES):
        db = next_fidelity(drops, settings.max_psnr_drop)
        on_try = within(on_progress, attempt / _TRIES, (attempt + 1) / _TRIES)
        encoded = encode(prepared, Fidelity(db, leaves_out=False), settings, on_try)
        drops[db] = trained_db - held_out_psnr_db(_decoded(encoded), photos, rasterizer)
        if drops[db] > _KEPT * settings.max_psnr_drop:
            if db == HIGHEST_DB:
                break
            continue
        if best is None or encoded.bytes < best.bytes:
            best = replace(encoded, psnr_drop_db=drops[db])
        if drops[db] >= _CLOSE * settings.max_psnr_drop or db == LOWEST_DB:
            break
    if best is None:
        raise InputError(
            f"the closest file loses {min(drops.values()):.2f} dB; compress.max_psnr_drop allows "
            f"{settings.max_psnr_drop:g} dB",
            remedy="Allow more, or train with fewer spherical harmonics (train.sh_degree=2).",
        )
    return best


def next_fidelity(drops: Mapping[float, float], allowed: float) -> float:
    """The fidelity in dB to try after those of `drops`, whose losses in dB are known."""
    if not drops:
        return FIDELITIES["web"].db
    if len(drops) >= _LOST_TRIES and min(drops.values()) > _KEPT * allowed:
        return HIGHEST_DB
    missing = {db: math.log(max(drop / allowed, _LEAST_PART) / _AIM) for db, drop in drops.items()}
    return search.next_fidelity(missing, _DECAY)


def _decoded(encoded: EncodedScene) -> Splats:
    with TemporaryDirectory(prefix="kubesplat-compress-") as folder:
        path = Path(folder, "try.sog")
        write_archive(encoded.files, path)
        return read_sog(path)
