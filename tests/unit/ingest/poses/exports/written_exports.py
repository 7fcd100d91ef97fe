"""Known poses, and exports of them as Metashape and RealityCapture are described to write them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pycolmap

from tests.unit.ingest.samples import textured_image

SIZE = (320, 240)
STEMS = ("a", "b", "c", "d")
PHOTOS = tuple(f"images/{stem}.png" for stem in STEMS)


def write_photos(folder: Path, names: tuple[str, ...] = PHOTOS) -> None:
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        textured_image(seed, *SIZE).save(path)


def known_poses(count: int = len(STEMS)) -> list[np.ndarray]:
    """world_from_camera [4, 4], with COLMAP's axes of cameras."""
    rng = np.random.default_rng(3)
    poses = []
    for _ in range(count):
        pose = np.eye(4)
        pose[:3, :3] = pycolmap.Rotation3d(rng.normal(size=3)).matrix()
        pose[:3, 3] = rng.normal(size=3)
        poses.append(pose)
    return poses


def opengl(pose: np.ndarray) -> np.ndarray:
    """The same pose with OpenGL's axes of cameras."""
    return pose @ np.diag([1.0, -1.0, -1.0, 1.0])


def metashape(
    poses: list[np.ndarray],
    labels: tuple[str, ...] = STEMS,
    calibration: str = "<f>300</f>",
    kind: str = "frame",
    extra: str = "",
    size: tuple[int, int] = SIZE,
) -> str:
    """`cameras.xml`: the transforms lead from the camera, y down and z forward, to the chunk."""
    cameras = "".join(
        f'<camera id="{index}" sensor_id="0" component_id="0" label="{label}"><transform>'
        f"{' '.join(map(repr, pose.ravel().tolist()))}</transform></camera>"
        for index, (pose, label) in enumerate(zip(poses, labels, strict=True))
    )
    resolution = f'<resolution width="{size[0]}" height="{size[1]}"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><document version="2.0.0"><chunk label="Chunk 1">'
        f'<sensors next_id="1"><sensor id="0" label="X (5mm)" type="{kind}">{resolution}'
        f'<calibration type="{kind}" class="adjusted">{resolution}{calibration}</calibration></sensor>'
        "</sensors>"
        f'<cameras next_id="9"><group label="g">{cameras}</group>{extra}</cameras>'
        "<transform><rotation>0 1 0 -1 0 0 0 0 1</rotation><scale>2.5</scale></transform></chunk></document>"
    )


def heading_pitch_roll(pose: np.ndarray) -> tuple[float, float, float]:
    """RealityCapture's angles in degrees of the rotation that its sidecars have."""
    rotation = pose[:3, :3].T
    heading = math.atan2(-rotation[1, 0], -rotation[1, 1])
    pitch = math.asin(-rotation[1, 2])
    roll = math.atan2(-rotation[0, 2], -rotation[2, 2])
    return math.degrees(heading), math.degrees(pitch), math.degrees(roll)


def rc_table(
    poses: list[np.ndarray], names: tuple[str, ...] = STEMS, lens: str = "30,0.01,-0.02,0,0,0,0,0,0"
) -> str:
    """RealityCapture's internal and external camera parameters; `lens` is from f to t2."""
    rows = ["#name,x,y,alt,heading,pitch,roll,f,px,py,k1,k2,k3,k4,t1,t2"]
    for pose, name in zip(poses, names, strict=True):
        numbers = [*pose[:3, 3].tolist(), *heading_pitch_roll(pose)]
        rows.append(f"{name},{','.join(map(repr, numbers))},{lens}")
    return "\n".join([*rows, ""])


def rc_sidecar(pose: np.ndarray, lens: str = 'DistortionModel="brown3"', coefficients: str = "") -> str:
    """RealityCapture's sidecar: the rotation leads from the world to the camera, y down and z forward."""
    rotation = " ".join(map(repr, pose[:3, :3].T.ravel().tolist()))
    position = " ".join(map(repr, pose[:3, 3].tolist()))
    lens = " ".join(f"xcr:{part}" for part in lens.split())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xcr:Version="3" xmlns:xcr="http://www.capturingreality.com/ns/xcr/1.1#" '
        f'xcr:FocalLength35mm="30" xcr:PrincipalPointU="0.01" xcr:PrincipalPointV="-0.02" {lens}>'
        f"<xcr:Rotation>{rotation}</xcr:Rotation><xcr:Position>{position}</xcr:Position>"
        f"<xcr:DistortionCoeficients>{coefficients or '0 0 0 0 0 0'}</xcr:DistortionCoeficients>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def projected(pose: dict, points: np.ndarray) -> np.ndarray:
    """Pixels [N, 2] of points [N, 3] of the camera, by a pose of `capture.json`."""
    parameters = [*pose["focal"], *pose["center"], *pose["distortion"]]
    camera = pycolmap.Camera(model=pose["lens"], width=SIZE[0], height=SIZE[1], params=parameters)
    return camera.img_from_cam(points)


def rays(count: int = 50) -> np.ndarray:
    """Points [N, 3] in front of a camera, with z = 1."""
    return np.column_stack([np.random.default_rng(0).uniform(-0.4, 0.4, (count, 2)), np.ones(count)])
