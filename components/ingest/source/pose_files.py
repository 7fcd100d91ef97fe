"""Names of the files of poses and points that a capture may bring along."""

from __future__ import annotations

TRAIN, TEST, VAL, SINGLE = (
    "transforms_train.json",
    "transforms_test.json",
    "transforms_val.json",
    "transforms.json",
)
TRANSFORMS_FILES = frozenset({TRAIN, TEST, VAL, SINGLE})

POINT_CLOUDS = frozenset(
    {"sparse_pc.ply", "sparse_points.ply", "points.ply", "pointcloud.ply", "points3d.ply"}
)
"""Names of the points that `transforms.json` may name; other plys may be scenes of gigabytes."""

CAMERAS, IMAGES, POINTS = "cameras", "images", "points3D"
COLMAP_FILES = frozenset(
    f"{stem}{suffix}" for stem in (CAMERAS, IMAGES, POINTS) for suffix in (".bin", ".txt")
)
"""Files of COLMAP models. Those of rigs and frames are not needed: images have their poses there, too."""

METASHAPE_SUFFIX, RC_TABLE_SUFFIX, RC_SIDECAR_SUFFIX = ".xml", ".csv", ".xmp"
EXPORT_SUFFIXES = frozenset({METASHAPE_SUFFIX, RC_TABLE_SUFFIX, RC_SIDECAR_SUFFIX})
"""Of exports of Metashape and RealityCapture; what such a file is, its content says."""
