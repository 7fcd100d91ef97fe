"""Black and white of a capture's photos with more than 8 bits, from the values of all of them."""

from __future__ import annotations

from components.ingest.color.color_space import declared_space
from components.ingest.photos.decode_image import color_mode, has_full_range
from components.ingest.photos.decoder_errors import DECODER_ERRORS, is_from_storage
from components.ingest.photos.deep_pixels import is_deep, read_deep
from components.ingest.photos.memory_budget import MemoryBudget
from components.ingest.photos.normalize_image import memory_bytes, open_photo
from components.ingest.photos.value_range import (
    Kind,
    Levels,
    ValueRange,
    choose_levels,
    kind_of,
    measure_range,
)
from components.ingest.settings import IngestSettings
from components.ingest.source.source_file import SourceFile
from components.shared.parallel import completed
from components.shared.resources import available_cpus


def capture_levels(
    photos: list[SourceFile], settings: IngestSettings, memory: MemoryBudget
) -> dict[Kind, Levels]:
    """The levels of each kind of photo with more than 8 bits; photos that cannot be read do not count.

    Levels of their own would give the same surface another brightness in each photo.
    """
    ranges: dict[Kind, ValueRange] = {}
    for _, measured in completed(
        lambda photo: _measure(photo, settings, memory),
        photos,
        threads=available_cpus(),
        name="measure-range",
    ):
        if measured is not None:
            kind, values = measured
            ranges[kind] = values.joined(ranges[kind]) if kind in ranges else values
    return {kind: choose_levels(kind, values) for kind, values in ranges.items()}


def _measure(
    photo: SourceFile, settings: IngestSettings, memory: MemoryBudget
) -> tuple[Kind, ValueRange] | None:
    assert photo.path is not None, "photos are always fetched"
    try:
        with open_photo(photo.path) as image:
            if not is_deep(image) or image.width * image.height > settings.max_megapixels * 1e6:
                return None
            space, _ = declared_space(image, photo.path, color_mode(image))
            if has_full_range(image, space):
                return None
            with memory.hold(memory_bytes(image, converted=True)):
                values, _ = read_deep(image, photo.path)
                measured = measure_range(values)
            return None if measured is None else (kind_of(values), measured)
    except (PermissionError, FileNotFoundError):
        return None  # the check of the photo says so
    except DECODER_ERRORS as error:
        if is_from_storage(error):
            raise
        return None  # the check of the photo says why
