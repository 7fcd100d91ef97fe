"""The smallest file that loses little PSNR: the fidelity is searched; each try is decoded and rendered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from components.compress.encode import EncodedScene, encode
from components.compress.prepare import Prepared
from components.compress.rate.fidelity import HIGHEST_DB, LOWEST_DB, Fidelity
from components.compress.settings import CompressSettings
from components.compress.visible.sensitivity import spread
from components.shared.errors import InputError
from components.shared.image_metrics import psnr_db_of
from components.shared.progress import OnProgress, within
from components.shared.rasterize.numba_backend.render import render
from components.shared.scene import Camera
from components.shared.sog.archive import write_archive
from components.shared.sog.read_sog import read_sog
from components.shared.splats import Splats

_VIEWS = 8
"""At the size of the photos: at half of it errors are averaged, and 1 dB smaller on bonsai."""
_TRIES = 7
"""Halve the range of fidelities to less than 1 dB."""


def encode_within_drop(
    prepared: Prepared,
    cameras: Sequence[Camera],
    training_psnr_db: float,
    settings: CompressSettings,
    on_progress: OnProgress,
) -> EncodedScene:
    """The smallest file found whose decoded Gaussians lose at most `settings.max_psnr_drop` dB.

    The loss is that against photos of which the trained Gaussians have `training_psnr_db`: their errors and
    those of the file are independent, so their squares add up. Errors of the file are measured in views of
    `cameras`.

    Raises:
        InputError: even the most faithful file loses more.
    """
    assert settings.max_psnr_drop is not None
    views = spread(cameras, _VIEWS)
    trained = [render(prepared.splats, view) for view in views]
    low, high = LOWEST_DB, HIGHEST_DB
    best: EncodedScene | None = None
    db, drop = HIGHEST_DB, 0.0
    for attempt in range(_TRIES):
        encoded = encode(
            prepared,
            Fidelity(db),
            settings,
            within(on_progress, attempt / _TRIES, (attempt + 1) / _TRIES),
        )
        drop = _drop_db(_decoded(encoded), views, trained, training_psnr_db)
        if drop <= settings.max_psnr_drop:
            best, high = encoded, db
        elif best is None:
            raise InputError(
                f"the closest file loses about {drop:.2f} dB; compress.max_psnr_drop allows "
                f"{settings.max_psnr_drop:g} dB",
                remedy="Allow more, or train with fewer spherical harmonics (train.sh_degree=2).",
            )
        else:
            low = db
        db = (low + high) / 2
    assert best is not None, "the first try decides"
    return best


def _decoded(encoded: EncodedScene) -> Splats:
    with TemporaryDirectory(prefix="kubesplat-compress-") as folder:
        path = Path(folder, "try.sog")
        write_archive(encoded.files, path)
        return read_sog(path)


def _drop_db(
    splats: Splats, views: Sequence[Camera], trained: Sequence[np.ndarray], training_psnr_db: float
) -> float:
    """PSNR lost against photos, from the errors against the trained Gaussians' renders."""
    errors = [
        np.mean(np.square(render(splats, view) - image)) for view, image in zip(views, trained, strict=True)
    ]
    against_trained = psnr_db_of(float(np.mean(errors)))
    return 10.0 * math.log10(1.0 + 10.0 ** ((training_psnr_db - against_trained) / 10.0))
