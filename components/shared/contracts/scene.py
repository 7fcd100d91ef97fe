"""`scene.json`: the world, each photo and each attempt, as structure from motion found them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from components.shared.contracts.capture import CaptureSummary, Gps, Matrix4x4
from components.shared.contracts.contract import Contract, SchemaVersion
from components.shared.describe_georeference import describe_georeference, describe_place

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
    STRONG_PAIRS = "strong pairs"
    """Of the pairs before, those that share most: for captures in which different places look alike."""
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


class GeoreferenceKind(StrEnum):
    """What coordinates of the scene can be turned into."""

    WGS84_ENU = "wgs84-enu"
    """Metres east, north and up of a place in WGS 84."""
    EPSG = "epsg"
    """Coordinates of a projected system."""
    LOCAL = "local"
    """Coordinates of a system of metres that has no name."""
    NONE = "none"


class GeoreferenceUnit(StrEnum):
    """What one unit of the scene is."""

    METRE = "metre"
    UNKNOWN = "unknown unit"


class Georeference(Contract):
    """Where on earth the scene is: what `World.capture_from_scene` leads to."""

    kind: GeoreferenceKind = GeoreferenceKind.NONE
    unit: GeoreferenceUnit = GeoreferenceUnit.UNKNOWN
    origin: Gps | None = None
    """Of `wgs84-enu`: the place of the scene's origin, where east, north and up are 0."""
    epsg: int | None = None
    """Of `epsg`: the code of the system."""
    offset: Vector3 | None = None
    """Of `epsg` and `local`: the scene's origin in the system. Added to metres east, north and up it gives
    coordinates of the system."""
    positions: int = 0
    """Photos whose position was used."""
    residual_m: float | None = None
    """Median distance between a photo's position and its camera."""
    stated_accuracy_m: float | None = None
    """Median of the standard deviations that the positions come with; null where they have none."""
    is_refined: bool = False
    """Whether the poses were adjusted to the positions too, not only to what the photos show."""
    left_out: list[str] = Field(default_factory=list)
    """Photos whose position is far off what the others say."""

    def sentence(self) -> str:
        """In words, for the photographer; empty without a georeference."""
        return describe_georeference(
            place=self._place(),
            photos=self.positions,
            residual_m=self.residual_m or 0.0,
            stated_accuracy_m=self.stated_accuracy_m,
            is_gps=self.origin is not None,
            left_out=self.left_out,
        )

    def _place(self) -> str:
        if self.origin is not None:
            return describe_place(self.origin.latitude, self.origin.longitude, self.origin.altitude_m)
        if self.offset is None:
            return ""
        coordinates = ", ".join(f"{value:.0f}" for value in self.offset)
        system = f"EPSG:{self.epsg}" if self.epsg else "the system of the positions"
        return f"{coordinates} in {system}"


class World(Contract):
    """The coordinate frame of the scene: x right, y down, z forward."""

    up: Vector3
    unit: LengthUnit
    unit_note: str
    """Where the unit comes from, or why it is not the metre."""
    capture_from_scene: Matrix4x4
    """Similarity to metres east, north and up, which `georeference` says of what; without one to the frame of
    COLMAP or of the poses that came with the capture."""
    gps: GpsFit | None = None
    georeference: Georeference = Georeference()


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
    frame: str = ""
    """Of a view of a 360° photo: that photo's path in the source."""
    views: tuple[str, ...] = ()
    """Of a photo by a fisheye: paths under `images/` of its flat views, which the scene has in its place."""

    @property
    def shown_name(self) -> str:
        """The picture under `images/` that shows the photo."""
        return self.views[0] if self.views else self.name


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
    georeference: Georeference | None = None


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

    def figures(self) -> SfmFigures:
        return super().figures().replace(georeference=self.world.georeference)
