"""Read the poses that RealityCapture and RealityScan write beside photos, as XMP."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import PurePosixPath

import numpy as np

from components.ingest.poses.damaged import damaged
from components.ingest.poses.exports.beginning import beginning
from components.ingest.poses.exports.listed_photos import ListedPhoto, as_pose_list
from components.ingest.poses.exports.numbers_of import MAX_COEFFICIENT, MAX_PLACE, number_of, numbers_of
from components.ingest.poses.exports.reality_capture import (
    MAX_CENTER,
    MAX_FOCAL_MM,
    MIN_FOCAL_MM,
    listed_photo,
    unusable_lens,
)
from components.ingest.poses.exports.safe_xml import read_xml
from components.ingest.poses.pose_list import PoseList
from components.ingest.source.safe_names import shown_text
from components.ingest.source.source_file import SourceFile

_MAX_BYTES = 1_000_000
_NAMESPACE = "capturingreality.com/ns/xcr"
_MODELS = ("brown3", "brown4", "brown3t2", "brown4t2")
_MIN_DISTORTION = 1e-9
_MAX_AFFINE_ERROR = 1e-6


def sidecars_of(files: dict[str, SourceFile], photos: dict[str, SourceFile]) -> dict[str, SourceFile]:
    """The sidecars with a pose, `a.xmp` or `a.jpg.xmp` of `a.jpg`, by the name of the photo."""
    lowered = {name.lower(): file for name, file in files.items() if name.lower().endswith(".xmp")}
    found = {}
    for photo in photos:
        for name in (str(PurePosixPath(photo).with_suffix(".xmp")), f"{photo}.xmp"):
            file = lowered.get(name.lower())
            if file is not None and _has_pose(file):
                found[photo] = file
                break
    return found


def read_rc_sidecars(sidecars: dict[str, SourceFile], photos: dict[str, SourceFile]) -> PoseList:
    """The poses of the photos that have a sidecar.

    Raises:
        InputError: a sidecar is damaged, or describes a camera that cannot be used.
    """
    listed = [_photo(photo, file) for photo, file in sidecars.items()]
    first = next(iter(sidecars.values())).name
    return as_pose_list(str(PurePosixPath(first).with_name("*.xmp")), listed, photos)


def _has_pose(file: SourceFile) -> bool:
    content = beginning(file, _MAX_BYTES)
    return _NAMESPACE.encode() in content and b"Rotation" in content and b"Position" in content


def _photo(name: str, file: SourceFile) -> ListedPhoto:
    assert file.path is not None, "such files are always fetched"
    values = _values(read_xml(file.path, file.name, _MAX_BYTES))

    def value(key: str, low: float, high: float) -> float:
        return number_of(values.get(key, "0"), low, high, key, file.name)

    for key, usual in (("Skew", 0.0), ("AspectRatio", 1.0)):
        if abs(number_of(values.get(key, str(usual)), -1e3, 1e3, key, file.name) - usual) > _MAX_AFFINE_ERROR:
            raise unusable_lens(file.name, f"its {key} is {shown_text(values[key])}")
    if "FocalLength35mm" not in values:
        raise damaged(file.name, "it has a pose, and no FocalLength35mm")
    rotation = numbers_of(values.get("Rotation"), 9, 2.0, "Rotation", file.name)
    return listed_photo(
        name,
        np.array(rotation).reshape(3, 3),
        numbers_of(values.get("Position"), 3, MAX_PLACE, "Position", file.name),
        value("FocalLength35mm", MIN_FOCAL_MM, MAX_FOCAL_MM),
        [value(key, -MAX_CENTER, MAX_CENTER) for key in ("PrincipalPointU", "PrincipalPointV")],
        _coefficients(values, file.name),
        file.name,
    )


def _coefficients(values: dict[str, str], source: str) -> list[float]:
    """k1, k2, k3, k4, t1, t2; RealityCapture spells their name with one f."""
    text = values.get("DistortionCoeficients", "0 0 0 0 0 0")
    coefficients = numbers_of(text, 6, MAX_COEFFICIENT, "DistortionCoeficients", source)
    model = values.get("DistortionModel", "perspective")
    if model not in _MODELS and any(abs(value) > _MIN_DISTORTION for value in coefficients):
        raise unusable_lens(source, f"its DistortionModel is {shown_text(model)}")
    return coefficients


def _values(root: ET.Element) -> dict[str, str]:
    """RealityCapture's properties, which are attributes or elements."""
    values = {}
    for element in root.iter():
        if _NAMESPACE in element.tag:
            values[element.tag.rpartition("}")[2]] = element.text or ""
        for key, text in element.attrib.items():
            if _NAMESPACE in key:
                values[key.rpartition("}")[2]] = text
    return values
