"""Fuzz one reader with libFuzzer: `python -m tests.fuzz TARGET --minutes 10`.

The corpus grows in `--corpus`. Each kind of failure is written there once, under `findings/`, and the run
goes on; a crash of the process, a hang, or too much memory end it. Once mended, inputs are kept in
`tests/fuzz/findings/TARGET/`.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import atheris

from tests.fuzz.target import TARGETS, Target, findings

_INSTRUMENTED = ["components", "PIL", "pillow_heif", "zipfile", "tarfile", "json"]
_OPTIONS = ["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-reload=0"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--corpus", type=Path, default=Path("out/fuzz"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=_INSTRUMENTED):
        target: Target = importlib.import_module(f"tests.fuzz.{options.target}").TARGET
    folder = options.corpus / options.target
    corpus, failures = folder / "corpus", folder / "findings"
    for each in (corpus, failures):
        each.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(target.seeds().values()):
        (corpus / f"seed-{index}").write_bytes(data)
    for path in findings(options.target):
        shutil.copy(path, corpus)
    arguments = [f"-max_total_time={options.minutes * 60:.0f}", f"-max_len={target.max_bytes}"]
    places = [f"-artifact_prefix={failures}/", str(corpus)]
    atheris.Setup([sys.argv[0], *_OPTIONS, *arguments, *places], _harness(target, failures))
    atheris.Fuzz()


def _harness(target: Target, failures: Path):
    scratch, known = Path(tempfile.mkdtemp(prefix="kubesplat-fuzz-")), set()

    def one_input(data: bytes) -> None:
        shutil.rmtree(scratch)
        scratch.mkdir()
        try:
            target.try_input(data, scratch)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            last = [frame for frame in frames if "/components/" in frame.filename][-1:] or frames[-1:]
            kind = f"{type(error).__name__}-{Path(last[0].filename).stem}-{last[0].lineno}"
            if kind not in known:
                known.add(kind)
                (failures / kind).write_bytes(data)
                traceback.print_exception(error)
                print(f"FINDING {kind} ({len(data)} bytes)", file=sys.stderr, flush=True)

    return one_input


if __name__ == "__main__":
    main()
