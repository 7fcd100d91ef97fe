"""One row of `benchmarks.compression`, in a process of its own.

    python -m benchmarks.compression_rows ROW SCENE.ply OUTPUT.sog TOOL ITERATIONS [CAMERAS.json]

TOOL is the program splat-transform, and ITERATIONS are those of its k-means. The product knows the views of
CAMERAS, the training's cameras.json.
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
from components.shared.training_cameras import read_cameras, read_training_psnr_db

PRODUCT, SPLAT_TRANSFORM, SOGS = "product", "splat-transform", "sogs-v1"


def main() -> None:
    end_with_parent()
    row, scene, output, tool, iterations, *training = sys.argv[1:]
    kind, _, options = row.partition(" ")
    if kind == SPLAT_TRANSFORM:
        command = [tool, "-w", "-g", "cpu", "-i", iterations, scene, output]
        sys.exit(subprocess.run(command).returncode)  # its last line says why
    elif kind == SOGS:
        write_sogs_v1(read_scene(Path(scene)), Path(output))
    else:
        settings = CompressSettings(**parse_text("compress", options))
        write_sog(
            read_scene(Path(scene)),
            Path(output),
            settings,
            cameras=read_cameras(Path(training[0]), required=True) if training else [],
            training_psnr_db=read_training_psnr_db(Path(training[0])) if training else None,
        )


if __name__ == "__main__":
    main()
