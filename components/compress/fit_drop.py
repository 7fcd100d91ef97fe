"""The smallest file that loses little PSNR: the fidelity is searched; each try is decoded and rendered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from components.compress.cuda import cuda_rasterizer
from components.compress.encode import EncodedScene, encode
from components.compress.prepare import Prepared
from components.compress.rate.fidelity import FIDELITIES, HIGHEST_DB, LOWEST_DB, Fidelity
from components.compress.settings import CompressSettings
from components.compress.visible.view_errors import ViewErrors
from components.shared.errors import InputError
from components.shared.progress import OnProgress, within
from components.shared.scene import Camera
from components.shared.sog.archive import write_archive
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats

_TRIES = 6
_CLOSE, _AIM = 0.93, 0.97
"""Parts of the limit: from which a loss is near enough, and which one the search aims at."""
_DECAY = 0.12
"""By so much falls the logarithm of the loss with each dB of fidelity, about: bonsai at 54 to 57 dB."""
_LOST_TRIES = 3
"""After so many that all lose too much, the most faithful file tells whether there is any."""


def encode_within_drop(
    prepared: Prepared,
    views: Sequence[Camera],
    training_psnr_db: float,
    settings: CompressSettings,
    on_progress: OnProgress,
) -> EncodedScene:
    """The smallest file found whose decoded Gaussians lose at most `settings.max_psnr_drop` dB.

    The loss is that against photos of which the trained Gaussians have `training_psnr_db`, the mean over
    `views`, which should not be those of the sensitivities. Errors of a file and of the training count as
    independent. Those of Gaussians that are left out are not: they undo errors of the training where few
    views show them, and views would count them several times too high. So none are left out.

    Raises:
        InputError: even the most faithful file loses more.
    """
    assert settings.max_psnr_drop is not None
    rasterizer = cuda_rasterizer(settings.device, antialiased=prepared.splats.antialiased)
    errors = ViewErrors(prepared.splats, views, rasterizer)
    best: EncodedScene | None = None
    drops: dict[float, float] = {}
    for attempt in range(_TRIES):
        db = next_fidelity(drops, settings.max_psnr_drop)
        on_try = within(on_progress, attempt / _TRIES, (attempt + 1) / _TRIES)
        encoded = encode(prepared, Fidelity(db, leaves_out=False), settings, on_try)
        drops[db] = psnr_drop_db(errors.of(_decoded(encoded)), training_psnr_db)
        if drops[db] > settings.max_psnr_drop:
            if db == HIGHEST_DB:
                break
            continue
        best = encoded if best is None or encoded.bytes < best.bytes else best
        if drops[db] >= _CLOSE * settings.max_psnr_drop or db == LOWEST_DB:
            break
    if best is None:
        raise InputError(
            f"the closest file loses about {min(drops.values()):.2f} dB; compress.max_psnr_drop allows "
            f"{settings.max_psnr_drop:g} dB",
            remedy="Allow more, or train with fewer spherical harmonics (train.sh_degree=2).",
        )
    return best


def next_fidelity(drops: Mapping[float, float], allowed: float) -> float:
    """The fidelity in dB to try after those of `drops`, whose losses in dB are known.

    The logarithm of the loss is about linear in the fidelity.
    """
    if not drops:
        return FIDELITIES["web"].db
    losing = [db for db, drop in drops.items() if drop > allowed]
    keeping = [db for db, drop in drops.items() if drop <= allowed]
    if len(losing) >= _LOST_TRIES and not keeping:
        return HIGHEST_DB
    missing = {db: math.log(max(drop, 1e-9) / (_AIM * allowed)) for db, drop in drops.items()}
    if losing and keeping:
        low, high = max(losing), min(keeping)
        part = missing[low] / max(missing[low] - missing[high], 1e-9)
        return low + (high - low) * min(max(part, 0.1), 0.9)
    nearest = max(losing) if losing else min(keeping)
    return min(max(nearest + missing[nearest] / _DECAY, LOWEST_DB), HIGHEST_DB)


def psnr_drop_db(errors: np.ndarray, training_psnr_db: float) -> float:
    """PSNR lost against photos, the mean over views of mean squared errors [V] of colors from 0 to 1."""
    photo_error = 10.0 ** (-training_psnr_db / 10.0)
    return float(np.mean(10.0 * np.log10(1.0 + errors / photo_error)))


def _decoded(encoded: EncodedScene) -> Splats:
    with TemporaryDirectory(prefix="kubesplat-compress-") as folder:
        path = Path(folder, "try.sog")
        write_archive(encoded.files, path)
        return read_sog(path)
