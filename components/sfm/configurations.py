"""Configurations of matching and mapping: what to try, the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass

from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import FeatureEffort, Mapper, Matching

_ALL_FEATURES = 100_000
"""Features of a capture in all, where their number is automatic, within these bounds for each photo:"""
_FEWEST_FEATURES, _MOST_FEATURES = 1536, 8192
"""Bonsai (252 photos): rotations are 0.110 degrees from the reference with 1024, 0.087 with 1536; 2048 cost
matching twice as much for 0.080."""
_DETECTION_PX, _DETECTION_PX_OF_FEW, _DETECTION_PX_OF_MORE = 1600, 2000, 3200
"""Largest side of the images that features are detected in: of many photos, of few, and for more features."""
_FEW_PHOTOS = 60
"""Up to so many, larger images and points in two photos alone give the start of training enough points."""
_MOST_EXHAUSTIVE = 200
"""More photos are never matched exhaustively, since its cost grows with their square."""


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """Number of features and thresholds: permissive ones register more photos, at more cost and risk."""

    effort: FeatureEffort
    max_features: int
    """Of a photo."""
    detection_px: int
    """Largest side of the images that features are detected in."""
    enlargement: float = 1.5
    """Of photos smaller than that. 2, COLMAP's own, takes 3.7 times the CPU time on photos of 800 x 533, for
    poses that are no closer to the reference."""
    contrast_factor: float = 1.0
    """Factor of COLMAP's `peak_threshold`, the contrast below which SIFT finds no feature."""
    min_inliers: int = 30
    """COLMAP's `abs_pose_min_num_inliers`: 2D-3D inliers that register a photo."""
    min_initial_angle_degrees: float = 16.0
    """COLMAP's `init_min_tri_angle`: triangulation angle of the initial pair."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """How one attempt matches and maps."""

    matching: Matching
    mapper: Mapper
    features: FeatureOptions


def configurations(photos: int, settings: SfmSettings) -> list[Configuration]:
    """The first configuration and its fallbacks, in the order in which to try them.

    More features are for captures of at most `exhaustive_up_to` photos: matching them costs too much beyond.
    """
    usual = _usual_features(photos, settings)
    if photos <= settings.exhaustive_up_to:
        first, wider, more = Matching.EXHAUSTIVE, Matching.EXHAUSTIVE, _more(usual)
    else:
        is_few = photos <= _MOST_EXHAUSTIVE
        first, more = Matching.RETRIEVAL, usual
        wider = Matching.EXHAUSTIVE if is_few else Matching.WIDE_RETRIEVAL
    return [
        Configuration(first, Mapper.GLOBAL, usual),
        Configuration(Matching.STRONG_PAIRS, Mapper.GLOBAL, usual),
        Configuration(first, Mapper.INCREMENTAL, usual),
        Configuration(wider, Mapper.GLOBAL, more),
        Configuration(wider, Mapper.INCREMENTAL, more),
    ]


def keeps_two_view_points(photos: int) -> bool:
    """Whether points that only two photos see are kept: a capture of few photos has few others."""
    return photos <= _FEW_PHOTOS


def _usual_features(photos: int, settings: SfmSettings) -> FeatureOptions:
    automatic = min(_MOST_FEATURES, max(_FEWEST_FEATURES, _ALL_FEATURES // max(1, photos)))
    return FeatureOptions(
        effort=FeatureEffort.DEFAULT,
        max_features=settings.max_features or automatic,
        detection_px=_DETECTION_PX_OF_FEW if photos <= _FEW_PHOTOS else _DETECTION_PX,
    )


def _more(usual: FeatureOptions) -> FeatureOptions:
    return FeatureOptions(
        effort=FeatureEffort.HIGH,
        max_features=2 * usual.max_features,
        detection_px=_DETECTION_PX_OF_MORE,
        enlargement=2.0,
        contrast_factor=0.3,
        min_inliers=15,
        min_initial_angle_degrees=6.0,
    )
