"""Read the cameras that Agisoft Metashape exports as XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np

from components.ingest.poses.damaged import damaged
from components.ingest.poses.exports.beginning import beginning
from components.ingest.poses.exports.listed_photos import ListedPhoto, as_pose_list
from components.ingest.poses.exports.numbers_of import MAX_COEFFICIENT, MAX_PLACE, number_of, numbers_of
from components.ingest.poses.exports.safe_xml import read_xml
from components.ingest.poses.given_intrinsics import Intrinsics, brown_lens
from components.ingest.poses.pose_list import PoseList
from components.ingest.poses.rigid_transform import OPENGL_FROM_COLMAP, rigid_transform
from components.ingest.source.safe_names import shown_text
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import Lens
from components.shared.errors import InputError

_MAX_BYTES = 100_000_000
_HEAD_BYTES = 4096
_MAX_SKEW_PX = 0.5
"""At the edge of a photo; no lens of the contract has skew."""
_MIN_DISTORTION = 1e-9


def is_metashape(file: SourceFile) -> bool:
    """Whether an XML file begins like an export of Metashape."""
    head = beginning(file, _HEAD_BYTES)
    return b"<document" in head and b"<chunk" in head


def read_metashape(file: SourceFile, photos: dict[str, SourceFile]) -> PoseList:
    """The poses of the photos that Metashape aligned, in the frame of the chunk.

    Of several chunks the one with most aligned photos counts, and of its components the one with most. Photos
    that are disabled are left out.

    Raises:
        InputError: the file is damaged, or has cameras that cannot be used.
    """
    assert file.path is not None, "such files are always fetched"
    root = read_xml(file.path, file.name, _MAX_BYTES)
    chunks = [(chunk, _aligned(chunk)) for chunk in root.iter("chunk")]
    chunk, cameras = max(chunks, key=lambda each: len(each[1]), default=(root, []))
    if not cameras:
        raise damaged(file.name, "no photo in it has a pose")
    sensors = {sensor.get("id"): sensor for sensor in chunk.iterfind("sensors/sensor")}
    intrinsics: dict[str | None, Intrinsics] = {}
    listed = []
    for camera in cameras:
        label, sensor_id = shown_text(camera.get("label") or ""), camera.get("sensor_id")
        if sensor_id not in sensors:
            raise damaged(file.name, f"the camera {label} has the sensor {sensor_id}, which is not in it")
        if sensor_id not in intrinsics:
            intrinsics[sensor_id] = _intrinsics(sensors[sensor_id], file.name)
        named = f"the transform of {label}"
        numbers = numbers_of(camera.findtext("transform"), 16, MAX_PLACE, named, file.name)
        world_from_camera = np.array(numbers).reshape(4, 4) @ OPENGL_FROM_COLMAP
        pose = rigid_transform(world_from_camera, named, file.name)
        listed.append(ListedPhoto(label, pose, intrinsics[sensor_id]))
    return as_pose_list(file.name, listed, photos)


def _aligned(chunk: ET.Element) -> list[ET.Element]:
    """The cameras with a pose of the largest component; each component has a frame of its own."""
    cameras = [
        camera
        for camera in chunk.iter("camera")
        if camera.find("transform") is not None and camera.get("enabled", "true") not in ("false", "0")
    ]
    components = Counter(camera.get("component_id") for camera in cameras)
    largest = components.most_common(1)[0][0] if components else None
    return [camera for camera in cameras if camera.get("component_id") == largest]


def _intrinsics(sensor: ET.Element, source: str) -> Intrinsics:
    calibrations = sensor.findall("calibration")
    adjusted = [each for each in calibrations if each.get("class") == "adjusted"]
    named = f"the sensor {shown_text(sensor.get('label') or sensor.get('id') or '')}"
    if not calibrations:
        raise damaged(source, f"{named} has no calibration")
    calibration = (adjusted or calibrations)[0]
    resolution = calibration.find("resolution")
    sides = resolution if resolution is not None else sensor.find("resolution")
    width, height = (
        number_of(sides.get(side) if sides is not None else None, 1, 1e6, f"the {side} of {named}", source)
        for side in ("width", "height")
    )
    f = number_of(calibration.findtext("f"), 1e-3, 1e7, f"f of {named}", source)
    cx, cy, b1, b2 = (_value(calibration, name, 1e6, named, source) for name in ("cx", "cy", "b1", "b2"))
    if abs(b2) * 0.5 * height > _MAX_SKEW_PX * f:
        raise _unusable(source, f"{named} has skew (b2 is {b2:g} pixels)", "b2")
    focal_x = number_of(str(f + b1), 1e-3, 1e7, f"f + b1 of {named}", source)
    lens, distortion = _lens(calibration, sensor.get("type") or "frame", named, source)
    return Intrinsics(
        focal=(focal_x, f),
        center=(0.5 * width + cx, 0.5 * height + cy),
        size=(round(width), round(height)),
        angle_x=None,
        lens=lens,
        distortion=distortion,
    )


def _lens(calibration: ET.Element, kind: str, named: str, source: str) -> tuple[Lens, tuple[float, ...]]:
    """Metashape's p1 is OpenCV's p2, and the other way round."""
    names = ("k1", "k2", "k3", "k4", "p1", "p2", "p3", "p4")
    values = {name: _value(calibration, name, MAX_COEFFICIENT, named, source) for name in names}
    unusable = ("k4", "p3", "p4") if kind == "frame" else ("p1", "p2", "p3", "p4")
    for name in unusable:
        if abs(values[name]) > _MIN_DISTORTION:
            raise _unusable(source, f"{named} has {name} = {values[name]:g}", name)
    if kind == "frame":
        return brown_lens(values["k1"], values["k2"], values["k3"], values["p2"], values["p1"])
    if kind == "fisheye":
        return Lens.OPENCV_FISHEYE, (values["k1"], values["k2"], values["k3"], values["k4"])
    raise InputError(
        f"{source}: {named} is of the type {shown_text(kind)}, whose photos cannot be used",
        remedy="Give photos of perspective or fisheye cameras, or take the file out of the capture: poses "
        "are then computed from the photos.",
    )


def _value(calibration: ET.Element, name: str, limit: float, named: str, source: str) -> float:
    """A parameter of the calibration, 0 where it is absent."""
    text = calibration.findtext(name)
    return 0.0 if text is None else number_of(text, -limit, limit, f"{name} of {named}", source)


def _unusable(source: str, what: str, name: str) -> InputError:
    return InputError(
        f"{source}: {what}, which no camera model of COLMAP has",
        remedy=f"In Metashape, run Optimize Cameras without {name} and export the cameras again, or take the "
        "file out of the capture: poses are then computed from the photos.",
    )
