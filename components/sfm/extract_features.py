"""SIFT features of every photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.capture import Capture
from components.sfm.effort import Effort
from components.sfm.settings import SfmSettings
from components.shared.resources import available_cpus, available_memory_bytes

_BATCHES_PER_CPU = 4
_BYTES_PER_PIXEL = 320  # the pyramid over a photo doubled in size: 0.6 GB a thread at 1600 x 1200
_MEMORY_SHARE = 0.6


def extract_features(
    database: Path,
    photos_folder: Path,
    masks_folder: Path | None,
    capture: Capture,
    settings: SfmSettings,
    effort: Effort,
    on_count: Callable[[int], None],
) -> None:
    """Fill a database made by `create_database`; where masks are black nothing is found.

    A photo that a thread cannot read stays without features.
    """
    options, reader = _options(capture, settings, effort), pycolmap.ImageReaderOptions()
    if masks_folder is not None:
        reader.mask_path = masks_folder
    names = [photo.plain_name for photo in capture.photos]
    batch = _BATCHES_PER_CPU * options.num_threads
    for start in range(0, len(names), batch):
        pycolmap.extract_features(
            database,
            photos_folder,
            image_names=names[start : start + batch],
            reader_options=reader,
            extraction_options=options,
        )
        on_count(min(start + batch, len(names)))


def _options(capture: Capture, settings: SfmSettings, effort: Effort) -> pycolmap.FeatureExtractionOptions:
    options = pycolmap.FeatureExtractionOptions()
    options.max_image_size = settings.max_image_px
    options.num_threads = _threads(capture, settings.max_image_px)
    options.sift.max_num_features = settings.max_features * effort.feature_factor
    options.sift.peak_threshold *= effort.contrast_factor
    return options


def _threads(capture: Capture, max_image_px: int) -> int:
    """As many as there are CPUs, unless their pyramids would not fit into memory."""
    shrunk = [group.shrunk(max_image_px) for group in capture.groups]
    pixels = max(group.width * group.height for group in shrunk)
    fitting = int(_MEMORY_SHARE * available_memory_bytes() / (_BYTES_PER_PIXEL * pixels))
    return max(1, min(available_cpus(), fitting))
