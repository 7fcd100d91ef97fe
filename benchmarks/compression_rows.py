"""One row of `benchmarks.compression`, in a process of its own.

    python -m benchmarks.compression_rows ROW SCENE.ply OUTPUT.sog TOOL ITERATIONS [CAMERAS.json]

TOOL is the program splat-transform, and ITERATIONS are those of its k-means. The product knows the views of
CAMERAS, the training's cameras.json, and prints the seconds of its parts.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.parts import Parts, time_functions
from benchmarks.sogs_v1 import write_sogs_v1
from components.compress import write_sog
from components.compress.settings import CompressSettings
from components.shared.held_out_photos import read_held_out
from components.shared.processes import end_with_parent
from components.shared.scene_files.read_scene import read_scene
from components.shared.settings import parse_text
from components.shared.training_cameras import read_cameras

PRODUCT, SPLAT_TRANSFORM, SOGS = "product", "splat-transform", "sogs-v1"
_PREPARE, _ENCODE, _WRITE = (f"components.compress.{name}" for name in ("prepare", "encode", "write_sog"))
_PARTS = (
    *(f"{_PREPARE}:{name}" for name in ("drop_unusable", "in_canonical_form", "hilbert_order")),
    f"{_PREPARE}:measure_sensitivity",
    "components.compress.visible.sensitivity:seen_directions",
    *(f"{_ENCODE}:{name}" for name in ("mean_codes", "choose_order", "fit_palette", "_files")),
    *(f"{_WRITE}:{name}" for name in ("write_archive", "read_sog", "compare")),
)
"""Functions whose time is printed; the rest is that of what calls them."""


def main() -> None:
    end_with_parent()
    row, scene, output, tool, iterations, *training = sys.argv[1:]
    kind, _, options = row.partition(" ")
    if kind == SPLAT_TRANSFORM:
        gpu = options.split() or ["-g", "cpu"]
        command = [tool, "-w", *gpu, "-i", iterations, scene, output]
        sys.exit(subprocess.run(command).returncode)  # its last line says why
    elif kind == SOGS:
        write_sogs_v1(read_scene(Path(scene)), Path(output))
    else:
        _write_by_product(CompressSettings(**parse_text("compress", options)), scene, output, training)


def _write_by_product(settings: CompressSettings, scene: str, output: str, training: list[str]) -> None:
    parts = Parts()
    time_functions(parts, _PARTS)
    with parts.part("read the scene"):
        splats = read_scene(Path(scene))
        cameras = read_cameras(Path(training[0]), required=True) if training else []
        held_out = read_held_out(Path(training[0])) if training and settings.max_psnr_drop is not None else ()
    with parts.part("the rest"):
        write_sog.write_sog(splats, Path(output), settings, cameras=cameras, held_out=held_out)
    print(parts.table())


if __name__ == "__main__":
    main()
