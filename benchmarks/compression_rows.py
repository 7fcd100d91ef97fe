"""One row of `benchmarks.compression`, in a process of its own.

    python -m benchmarks.compression_rows ROW SCENE.ply OUTPUT.sog TOOL ITERATIONS

TOOL is the program splat-transform, and ITERATIONS are those of its k-means.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.sogs_v1 import write_sogs_v1
from components.compress.settings import CompressSettings
from components.compress.write_sog import write_sog
from components.shared.processes import end_with_parent
from components.shared.scene_files.read_scene import read_scene
from components.shared.settings import parse_text

PRODUCT, SPLAT_TRANSFORM, SOGS = "product", "splat-transform", "sogs-v1"


def main() -> None:
    end_with_parent()
    row, scene, output, tool, iterations = sys.argv[1:]
    kind, _, options = row.partition(" ")
    if kind == SPLAT_TRANSFORM:
        command = [tool, "-w", "-g", "cpu", "-i", iterations, scene, output]
        sys.exit(subprocess.run(command).returncode)  # its last line says why
    elif kind == SOGS:
        write_sogs_v1(read_scene(Path(scene)), Path(output))
    else:
        settings = CompressSettings(**parse_text("compress", options))
        write_sog(read_scene(Path(scene)), Path(output), settings)


if __name__ == "__main__":
    main()
