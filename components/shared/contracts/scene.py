"""`scene.json`: the world, each photo and each attempt, as structure from motion found them."""

from __future__ import annotations

from enum import StrEnum

from components.shared.contracts.capture import CaptureSummary, Gps, Matrix4x4
from components.shared.contracts.contract import Contract, SchemaVersion

SCENE_FILE = "scene.json"

Vector3 = tuple[float, float, float]


class PhotoVerdict(StrEnum):
    """Whether a photo has a pose, or why it has none."""

    REGISTERED = "registered"
    UNREADABLE = "unreadable"
    """COLMAP cannot decode it."""
    FEW_FEATURES = "few features"
    UNMATCHED = "unmatched"
    """Too few matches with any other photo."""
    OTHER_COMPONENT = "other component"
    """It matches photos, but none of the scene."""
    NOT_REGISTERED = "not registered"
    """It matches photos of the scene, but no pose agrees with the matches."""


class Matching(StrEnum):
    """Which pairs of photos were matched."""

    EXHAUSTIVE = "exhaustive"
    RETRIEVAL = "retrieval"
    """Photos that look alike, follow each other, or are near by GPS."""
    WIDE_RETRIEVAL = "wide retrieval"
    """Three times as many pairs."""
    SEQUENTIAL = "sequential"
    """Of version 0.1.0."""
    SPATIAL = "spatial"
    """Of version 0.1.0."""
    NONE = "poses given"


class Mapper(StrEnum):
    """COLMAP's mapper."""

    INCREMENTAL = "incremental"
    GLOBAL = "global"
    NONE = "none"


class FeatureEffort(StrEnum):
    """How many features were extracted, and how permissive the thresholds were."""

    DEFAULT = "usual"
    HIGH = "patient"
    NONE = "none"


class PoseSource(StrEnum):
    """Where the poses come from."""

    ESTIMATED = "estimated"
    GIVEN = "given"
    """From the capture."""


class LengthUnit(StrEnum):
    """Unit of the scene's coordinates."""

    METRE = "metre"
    SCENE_UNIT = "scene unit"


class GpsFit(Contract):
    """How the GPS positions of the photos fit the reconstruction."""

    origin: Gps
    positions: int
    """Photos with a GPS position."""
    residual_m: float
    """Median distance between GPS position and camera centre."""


class World(Contract):
    """The coordinate frame of the scene: x right, y down, z forward."""

    up: Vector3
    unit: LengthUnit
    unit_note: str
    """Where the unit comes from, or why it is not the metre."""
    capture_from_scene: Matrix4x4
    """Similarity to metres east, north and up of `gps.origin`; without GPS to the frame of COLMAP or of the
    poses that came with the capture."""
    gps: GpsFit | None = None


class SceneImage(Contract):
    """One accepted photo of the capture."""

    name: str
    """Path under `images/`."""
    verdict: PhotoVerdict
    reason: str
    """Why the photo has no pose."""
    registered: bool
    points: int | None = None
    """Points of the scene that the photo observes; null where the poses came with the capture."""
    reprojection_error_px: float | None = None
    """Mean over these points, in pixels of the shrunk photo; null without points."""
    features: int = 0
    best_matches: int = 0
    """Verified matches with the photo that shares most."""


class Attempt(Contract):
    """One run of matching and mapping."""

    matching: Matching
    mapper: Mapper
    features: FeatureEffort
    registered: int
    points: int
    reprojection_error_px: float | None
    consistent_fraction: float | None = None
    """Of the verified matches between registered photos, the fraction whose two features are one point."""
    seconds: float


class UnregisteredImage(Contract):
    """An accepted photo without a pose."""

    name: str
    verdict: PhotoVerdict
    reason: str = ""


class SfmFigures(Contract):
    """The part `sfm` of `report.json`; all figures are null where the stage did not get so far."""

    registered: int | None = None
    """Photos with a pose."""
    registered_fraction: float | None = None
    """`registered` over the accepted photos."""
    points: int | None = None
    reprojection_error_px: float | None = None
    """Mean over all observations, in pixels of the shrunk photos; null without points."""
    attempts: list[Attempt] | None = None
    unregistered: list[UnregisteredImage] | None = None


class SfmSummary(Contract):
    """What structure from motion found, whether it passes the gates or not."""

    registered: int
    """Photos with a pose."""
    registered_fraction: float
    """`registered` over the accepted photos."""
    points: int
    reprojection_error_px: float | None
    """Mean over all observations, in pixels of the shrunk photos; null without points."""
    images: list[SceneImage]
    """All accepted photos, in the order of the capture."""
    attempts: list[Attempt]
    """In the order in which they were made."""

    def figures(self) -> SfmFigures:
        unregistered = [
            UnregisteredImage(name=image.name, verdict=image.verdict, reason=image.reason)
            for image in self.images
            if not image.registered
        ]
        return SfmFigures(
            registered=self.registered,
            registered_fraction=self.registered_fraction,
            points=self.points,
            reprojection_error_px=self.reprojection_error_px,
            attempts=self.attempts,
            unregistered=unregistered,
        )

    def metrics(self) -> dict[str, float | None]:
        """Flat figures for Kubeflow."""
        return {
            "registered_images": self.registered,
            "registered_fraction": self.registered_fraction,
            "points": self.points,
            "reprojection_error_px": self.reprojection_error_px,
        }


class SceneInfo(SfmSummary):
    """The content of `scene.json`."""

    schema_version: SchemaVersion = 1
    world: World
    poses: PoseSource = PoseSource.ESTIMATED
    held_out: tuple[str, ...] = ()
    """Photos that the capture excludes from training, by name; empty: chosen by training."""
    capture: CaptureSummary
