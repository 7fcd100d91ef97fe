"""Splat files of the kind SPZ: packed by zstd, packed by gzip, and legacy content that is packed here."""

from __future__ import annotations

import gzip
from pathlib import Path

from components.shared.spz.read_spz import read_spz
from tests.fuzz.target import Target
from tests.unit.shared.spz.spz_files import axes, legacy, one_gaussian, version_4

_UNPACKED = b"unpacked"
"""Mark of inputs that are gzipped before they are read: mutated gzip streams only fail."""


def _seeds() -> dict[str, bytes]:
    seeds = {f"degree {degree}": version_4(one_gaussian(degree=degree), degree=degree) for degree in range(5)}
    seeds["axes"] = version_4(one_gaussian(), extensions=axes(6))
    for version in (1, 2, 3):
        packed = legacy(one_gaussian(version, degree=1), version=version, degree=1, behind=axes(7))
        seeds[f"version {version}"] = packed
        seeds[f"content of version {version}"] = _UNPACKED + gzip.decompress(packed)
    return seeds


def _read(data: bytes, folder: Path) -> None:
    path = folder / "scene.spz"
    if data.startswith(_UNPACKED):
        data = gzip.compress(data.removeprefix(_UNPACKED), 1)
    path.write_bytes(data)
    splats = read_spz(path)
    assert len(splats) <= 100_000 + len(data)


TARGET = Target(_seeds, _read)
