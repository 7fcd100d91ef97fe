"""Plys of Gaussians in the dialects of many tools, written by hand."""

from __future__ import annotations

import numpy as np

TYPES = {
    "float": "f4",
    "float32": "f4",
    "double": "f8",
    "half": "f2",
    "uchar": "u1",
    "ushort": "u2",
    "uint": "u4",
}
ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">"}


def columns(count: int = 20, degree: int = 1) -> dict[str, np.ndarray]:
    """Values of `count` Gaussians by property, which float16 and text hold exactly."""
    rng = np.random.default_rng(3)
    rest = 3 * ((degree + 1) ** 2 - 1)
    names = [*"xyz", "f_dc_0", "f_dc_1", "f_dc_2", *(f"f_rest_{i}" for i in range(rest)), "opacity"]
    names += ["scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]
    return {name: rng.integers(-800, 800, count).astype(np.float32) / 64 for name in names}


def header(
    elements: dict[str, tuple[int, list[str]]], *, form: str, extra: tuple[str, ...] = (), newline: str = "\n"
) -> bytes:
    """A header; the elements have a count and the texts of their properties."""
    lines = ["ply", f"format {form} 1.0", *extra]
    for name, (count, properties) in elements.items():
        lines += [f"element {name} {count}", *(f"property {each}" for each in properties)]
    return (newline.join([*lines, "end_header"]) + newline).encode()


def ply(
    values: dict[str, np.ndarray],
    *,
    form: str = "binary_little_endian",
    kind: str = "float",
    kinds: dict[str, str] | None = None,
    extra: tuple[str, ...] = (),
    newline: str = "\n",
) -> bytes:
    """A ply with the element `vertex`; each property has type `kind` or its own of `kinds`."""
    types = dict.fromkeys(values, kind) | (kinds or {})
    count = len(next(iter(values.values())))
    properties = [f"{types[name]} {name}" for name in values]
    head = header({"vertex": (count, properties)}, form=form, extra=extra, newline=newline)
    if form == "ascii":
        rows = [" ".join(f"{float(column[i]):.9g}" for column in values.values()) for i in range(count)]
        return head + (newline.join(rows) + newline).encode()
    table = np.zeros(count, [(name, ORDERS[form] + TYPES[types[name]]) for name in values])
    for name, column in values.items():
        table[name] = column
    return head + table.tobytes()


def with_elements(data: bytes, properties: list[str], body: bytes, *, before: bool) -> bytes:
    """A ply with the element `face` of 2 rows beside the vertices."""
    head, rest = data.split(b"end_header\n")
    face = b"element face 2\n" + "".join(f"property {each}\n" for each in properties).encode()
    if before:
        first, vertices = head.split(b"element vertex")
        return first + face + b"element vertex" + vertices + b"end_header\n" + body + rest
    return head + face + b"end_header\n" + rest + body
