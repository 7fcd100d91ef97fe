"""Configurations of matching and mapping: what to try, the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass

from components.sfm.capture import Capture
from components.sfm.settings import SfmSettings
from components.shared.contracts.scene import FeatureEffort, Mapper, Matching


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """Number of features and thresholds: permissive ones register more photos, at more cost and risk."""

    effort: FeatureEffort
    feature_factor: int
    """Factor of the setting `max_features`."""
    contrast_factor: float
    """Factor of COLMAP's `peak_threshold`, the contrast below which SIFT finds no feature."""
    min_inliers: int
    """COLMAP's `abs_pose_min_num_inliers`: 2D-3D inliers that register a photo."""
    min_initial_angle_degrees: float
    """COLMAP's `init_min_tri_angle`: triangulation angle of the initial pair."""


DEFAULT = FeatureOptions(FeatureEffort.DEFAULT, 1, 1.0, 30, 16.0)
HIGH = FeatureOptions(FeatureEffort.HIGH, 2, 0.3, 15, 6.0)


@dataclass(frozen=True, slots=True)
class Configuration:
    """How one attempt matches and maps."""

    matching: Matching
    mapper: Mapper
    features: FeatureOptions


def configurations(capture: Capture, settings: SfmSettings) -> list[Configuration]:
    """The first configuration and its fallbacks, in the order in which to try them.

    More features are for captures of at most `exhaustive_up_to` photos: matching them costs too much beyond.
    """
    found = [Configuration(_first_matching(capture, settings), Mapper.INCREMENTAL, DEFAULT)]
    if found[0].matching != Matching.EXHAUSTIVE:
        found.append(Configuration(Matching.EXHAUSTIVE, Mapper.INCREMENTAL, DEFAULT))
    if len(capture.photos) <= settings.exhaustive_up_to:
        found.append(Configuration(Matching.EXHAUSTIVE, Mapper.INCREMENTAL, HIGH))
    return [*found, Configuration(Matching.EXHAUSTIVE, Mapper.GLOBAL, found[-1].features)]


def _first_matching(capture: Capture, settings: SfmSettings) -> Matching:
    if len(capture.photos) <= settings.exhaustive_up_to:
        return Matching.EXHAUSTIVE
    if capture.summary.ordered:
        return Matching.SEQUENTIAL
    return Matching.SPATIAL if all(photo.gps for photo in capture.photos) else Matching.EXHAUSTIVE
