"""How well copies of a photo are told from photos of a camera that took a small step, and how fast."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import small_steps
from benchmarks.copies import COPIES
from components.ingest.compare.find_twins import find_twins, measure_turned
from components.ingest.compare.measure_difference import distance
from components.ingest.photos.measure_sharpness import luminance
from components.ingest.photos.preview import Preview, make_preview

_STEPS = (0.0, 0.001, 0.0025, 0.005, 0.01, 0.02)
_HEADER = "| {} | pairs | taken for one shot | {} distance | median |\n|---|---|---|---|---|"


def preview(photo: Image.Image) -> Preview:
    return make_preview(luminance(photo.copy()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, help="folders of photos without copies, in order")
    parser.add_argument("--every", type=int, default=1, help="copy only every so-many-th photo")
    arguments = parser.parse_args()
    folders = [sorted(path for path in folder.iterdir() if path.is_file()) for folder in arguments.photos]
    originals = [Image.open(path).convert("RGB") for paths in folders for path in paths[:: arguments.every]]
    print(_HEADER.format("copies", "largest"))
    for name, change in COPIES.items() if originals else ():
        _print_row(name, ((preview(photo), preview(change(photo))) for photo in originals), worst=max)
    print("\n" + _HEADER.format("other photos", "smallest"))
    for paths in folders:
        previews = [preview(Image.open(path)) for path in paths]
        _print_row(f"neighbours in {paths[0].parent.name}", pairwise(previews), worst=min)
    for step in _STEPS:
        _print_row(f"step of {step:.2%} of the distance", _steps(step), worst=min)
    _print_times(folders)


def _steps(step: float) -> Iterator[tuple[Preview, Preview]]:
    for scene, place in small_steps.scenes().values():
        before = small_steps.photo(scene, place)
        for move in small_steps.MOVES if step else ("sideways",):
            after = small_steps.photo(scene, place, move, step)
            for look in small_steps.LOOKS.values():
                yield preview(look(before, 1)), preview(look(after, 2))


def _print_row(
    name: str, pairs: Iterable[tuple[Preview, Preview]], worst: Callable[[list[float]], float]
) -> None:
    distances = [min(map(distance, measure_turned(*pair)), default=np.inf) for pair in pairs]
    found = sum(each <= 1.0 for each in distances)
    cells = f"{worst(distances):.2f} | {np.median(distances):.2f}"
    print(f"| {name} | {len(distances)} | {found} | {cells} |", flush=True)


def _print_times(folders: list[list[Path]]) -> None:
    print("\n| photos | copies | seconds |\n|---|---|---|")
    rng = np.random.default_rng(0)
    random = [preview(_random_photo(rng)) for _ in range(10_000)]
    real = [preview(Image.open(path)) for paths in folders for path in paths]
    for previews in (real, random):
        started = time.perf_counter()
        copies = find_twins(previews)
        print(f"| {len(previews)} | {len(copies)} | {time.perf_counter() - started:.1f} |")


def _random_photo(rng: np.random.Generator) -> Image.Image:
    blotches = Image.fromarray(rng.integers(0, 256, (9, 12), np.uint8))
    return blotches.resize((256, 192), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
