"""The georeference of a scene, as `scene.json` has it."""

from __future__ import annotations

from components.sfm.capture import CapturePhoto
from components.sfm.world.align import Alignment
from components.shared.contracts.scene import Georeference, GeoreferenceKind, GeoreferenceUnit, GpsFit


def georeference(alignment: Alignment, photos: list[CapturePhoto]) -> Georeference:
    """`photos` are those whose indices `alignment.positions` has."""
    positions, left_out = alignment.positions, alignment.outliers
    kind = GeoreferenceKind.WGS84_ENU if positions.origin else GeoreferenceKind.LOCAL
    return Georeference(
        kind=GeoreferenceKind.EPSG if positions.epsg else kind,
        unit=GeoreferenceUnit.METRE,
        origin=positions.origin,
        offset=positions.offset,
        epsg=positions.epsg,
        positions=len(positions) - int(left_out.sum()),
        residual_m=alignment.residual_m,
        stated_accuracy_m=positions.accuracy_m,
        is_refined=alignment.is_refined,
        left_out=[photos[index].name for index, out in zip(positions.photos, left_out, strict=True) if out],
    )


def gps_fit(alignment: Alignment) -> GpsFit | None:
    """None where the positions are not GPS."""
    origin = alignment.positions.origin
    if origin is None:
        return None
    return GpsFit(origin=origin, positions=len(alignment.positions), residual_m=alignment.residual_m)


def unit_note(alignment: Alignment) -> str:
    """Where the metre comes from."""
    source = "GPS" if alignment.positions.origin else "positions"
    count, residual = len(alignment.positions), alignment.residual_m
    return f"metres from the {source} of {count} photos, with a median residual of {residual:.2f} m"
