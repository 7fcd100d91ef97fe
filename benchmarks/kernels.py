"""Registers and instructions of the kernels of the fused training step, for a GPU that need not be there.

    python -m benchmarks.kernels --capability 86

One row per kernel: registers per thread, bytes spilled to memory, bytes of shared memory, instructions.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

_FOLDER = "components.train.steps.fused"
_LAUNCHES: list[tuple[str, str, int, dict[str, Any]]] = [
    ("projection", "_project", 1, {"BLOCK": 32}),
    ("colors", "_evaluate_colors", 1, {"BLOCK": 16, "DEGREE": 3}),
    ("tiles", "_intersect_tiles", 1, {"BLOCK": 64}),
    ("blend", "_blend", 1, {"BLOCK": 32}),
    ("photometric", "_blur_rows", 4, {"BLOCK": 256}),
    ("photometric", "_ssim", 4, {"BLOCK": 256}),
    ("photometric", "_blur_derivatives", 4, {"BLOCK": 256}),
    ("photometric", "_gradient", 4, {"BLOCK": 256}),
    ("blend", "_blend_backward", 2, {"BLOCK": 32}),
    ("colors", "_update_colors", 1, {"BLOCK": 2, "DEGREE": 3}),
    ("update", "_update", 4, {"BLOCK": 128}),
    ("noise", "_perturb_means", 4, {"BLOCK": 128}),
    ("photometric", "_expose", 4, {"BLOCK": 1024, "CHANNELS": 4}),
    ("photometric", "_expose_backward", 4, {"BLOCK": 1024, "CHANNELS": 4}),
]
_INTEGERS = {"count", "width", "height", "columns", "no_tile", "capacity", "rest", "channels"}
_FLOATS = {"ssim_lambda", "strength", "v_scale", "v_opacity"}
_TYPES = {
    "order": "*i64",
    "target": "*u8",
    "mask": "*u8",
    "tile_ids": "*i16",
    **dict.fromkeys(
        ("cumulative_counts", "tile_counts", "step_counts", "isect_offsets", "gaussian_ids"), "*i32"
    ),
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """Figures of one kernel: registers per thread, bytes, instructions."""

    name: str
    registers: int
    spilled: int
    shared: int
    instructions: int


def compile_all(capability: int) -> list[Compiled]:
    return [
        _compile(getattr(import_module(f"{_FOLDER}.{module}"), name).function, warps, constants, capability)
        for module, name, warps, constants in _LAUNCHES
    ]


def _compile(kernel: Any, warps: int, constants: dict[str, Any], capability: int) -> Compiled:
    signature = {name: "constexpr" if name in constants else _type_of(name) for name in kernel.arg_names}
    position = kernel.arg_names.index
    source = ASTSource(
        fn=kernel,
        signature=signature,
        constexprs={(position(name),): value for name, value in constants.items()},
        attrs={(position(n),): [["tt.divisibility", 16]] for n, kind in signature.items() if kind[0] == "*"},
    )
    compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": warps})
    registers, spilled, instructions = _inspect(compiled.asm["cubin"])
    return Compiled(kernel.__name__, registers, spilled, compiled.metadata.shared, instructions)


def _type_of(name: str) -> str:
    if name in _INTEGERS:
        return "i32"
    if name in _FLOATS or name.endswith("_rate"):
        return "fp32"
    return _TYPES.get(name, "*fp32")


def _inspect(cubin: bytes) -> tuple[int, int, int]:
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        usage = _tool("cuobjdump", "-res-usage", file.name)
        listing = _tool("nvdisasm", "-c", file.name)
    registers, spilled = re.search(r"REG:(\d+) STACK:(\d+)", usage).groups()  # type: ignore[union-attr]
    return int(registers), int(spilled), len(re.findall(r"/\*[0-9a-f]{4,5}\*/", listing))


def _tool(name: str, *arguments: str) -> str:
    """One of the programs that come with Triton."""
    path = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / name
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout


def table(compiled: list[Compiled]) -> str:
    rows = ["| kernel | registers | spilled B | shared B | instructions |", "|---" * 5 + "|"]
    rows += [
        f"| `{each.name}` | {each.registers} | {each.spilled} | {each.shared:,} | {each.instructions:,} |"
        for each in compiled
    ]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--capability", type=int, default=86, help="86 is an A10G, 90 an H100 or H200")
    print(table(compile_all(parser.parse_args().capability)))


if __name__ == "__main__":
    main()
