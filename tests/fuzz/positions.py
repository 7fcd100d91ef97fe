"""Tables of positions beside photos."""

from __future__ import annotations

import json
import math
from pathlib import Path

from components.ingest.positions.given_positions import read_given_positions
from components.ingest.source.source_file import SourceFile
from components.shared.contracts.capture import Gps
from tests.fuzz.target import Target

_PHOTOS = tuple(SourceFile(f"{name}.jpg", Path(f"{name}.jpg")) for name in "abc")


def _seeds() -> dict[str, bytes]:
    degrees = "a.jpg,47.12341,8.54321,500.5,0.02,0.04\nb.jpg,47.12351,8.54331,501\n"
    return {
        "Pix4D": degrees.encode(),
        "header": f'"name";Latitude;Lon;alt [m];hacc;vacc\n{degrees.replace(",", ";")}'.encode(),
        "OpenDroneMap": b"EPSG:32632\na.jpg 465344.7 5218979.6 500 1 2 3 0.02 0.04\n",
        "other system": b"# EPSG:2056\nname\teasting\tnorthing\tz\na.jpg\t2683000.5\t1248000.2\t5\n",
        "Metashape": b'# CoordinateSystem: GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]]\r\n'
        b"#Label,X/Longitude,Y/Latitude,Z/Altitude\r\na.jpg,8.54321,47.12341,500.5\r\n",
        "ExifTool": b"SourceFile,GPSLatitude,GPSLongitude,GPSAltitude\n"
        b"""./a.jpg,"47 deg 7' 24.60"" N","8 deg 30' 36.00"" W",500.5 m Above Sea Level\n""",
        "proj": "+proj=utm +zone=32 +south\na.jpg 465344 5218979\n".encode("utf-16"),
    }


def _read(data: bytes, folder: Path) -> None:
    path = folder / "geo.csv"
    path.write_bytes(data)
    notes: list[str] = []
    given = read_given_positions([*_PHOTOS, SourceFile(path.name, path)], list(_PHOTOS), notes)
    assert given or notes, "what is not read is said"
    for position in given.by_path.values() if given else ():
        json.dumps(position.to_json(), allow_nan=False)
        if isinstance(position, Gps):
            assert abs(position.latitude) <= 90, position
            assert abs(position.longitude) <= 180, position
        for accuracy in (position.accuracy_m, position.altitude_accuracy_m):
            assert accuracy is None or 0 < accuracy < math.inf, position


TARGET = Target(_seeds, _read)
