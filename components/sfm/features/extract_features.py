"""SIFT features of every photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pycolmap

from components.sfm.capture import Capture, shrunk_camera
from components.sfm.configurations import FeatureOptions
from components.sfm.settings import SfmSettings
from components.shared.resources import available_cpus, available_memory_bytes

_BATCHES_PER_CPU = 4
_BYTES_PER_PIXEL = 320  # image pyramid of a photo doubled in size: 0.6 GB per thread at 1600 x 1200
_MEMORY_SHARE = 0.6


def extract_features(
    database: Path,
    photos_folder: Path,
    masks_folder: Path | None,
    capture: Capture,
    settings: SfmSettings,
    features: FeatureOptions,
    on_count: Callable[[int], None],
) -> None:
    """Add features to a database of `create_database`; black pixels of masks have none.

    A photo that COLMAP cannot read gets no entry.
    """
    options, reader = _options(capture, settings, features), pycolmap.ImageReaderOptions()
    if masks_folder is not None:
        reader.mask_path = masks_folder
    names = [photo.colmap_name for photo in capture.photos]
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


def _options(
    capture: Capture, settings: SfmSettings, features: FeatureOptions
) -> pycolmap.FeatureExtractionOptions:
    options = pycolmap.FeatureExtractionOptions()
    options.max_image_size = settings.max_image_px
    options.num_threads = _threads(capture, settings.max_image_px)
    options.sift.max_num_features = settings.max_features * features.feature_factor
    options.sift.peak_threshold *= features.contrast_factor
    return options


def _threads(capture: Capture, max_image_px: int) -> int:
    """One thread per CPU, or fewer if their image pyramids would not fit into memory."""
    shrunk = [shrunk_camera(group, max_image_px) for group in capture.groups]
    pixels = max(group.width * group.height for group in shrunk)
    fitting = int(_MEMORY_SHARE * available_memory_bytes() / (_BYTES_PER_PIXEL * pixels))
    return max(1, min(available_cpus(), fitting))
