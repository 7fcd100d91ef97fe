"""Squared gradients of views with random signs, by a rasterizer of torch; on a GPU their sums stay there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from components.compress.visible.numba_squares import (
    MIN_OPACITY,
    MIN_TRANSPARENCY,
    OnView,
    random_signs,
)
from components.compress.visible.tensors import tensors_of
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Camera
from components.shared.splats import Splats

_PARAMETERS = ("means", "quats", "scales", "opacities", "sh0")
_STREAMS = 4
"""Views that a GPU works on at a time: one of 400 px does not fill it, and parts of it wait for others."""
_GAUSSIANS_AT_A_TIME = 8 << 20
"""Gaussians that are rendered at the same time, in all streams, to bound the memory."""


def summed_squares_by_autograd(
    rasterizer: Rasterizer,
    splats: Splats,
    views: Sequence[Camera],
    seed: int,
    on_view: OnView,
    *,
    colors: bool = True,
) -> dict[str, np.ndarray]:
    """As `summed_squares`, from the same signs. What `on_view` does overlaps with the next views.

    colors: whether `on_view` is told what is added to them, instead of nothing.
    """
    device = rasterizer.device
    tensors = tensors_of(splats, device)
    background = torch.zeros(3, device=device)
    by_w = tensors["quats"][:, 1:] / tensors["quats"][:, :1]
    streams = _streams(device, len(splats))
    sums: list[dict[str, Tensor]] = [{} for _ in streams]
    with ThreadPoolExecutor(1) as drawing, ThreadPoolExecutor(1) as telling:
        drawn = [drawing.submit(_signs_on, device, view, seed + index) for index, view in enumerate(views)]
        told: list[Future[None]] = []
        for index, view in enumerate(views):
            at = index % len(streams)  # in turn, so that the order of each sum does not depend on time
            if index >= len(streams):
                told[index - len(streams)].result()  # no more results in memory than streams
            with torch.cuda.stream(streams[at]):
                signs = _used_on(drawn[index].result(), streams[at])
                gradients = _gradients(rasterizer, tensors, view, signs, background, splats.sh_degree)
                _add_squares(sums[at], gradients, by_w)
                added = gradients["sh0"].square().mean(dim=1) if colors else None
            told.append(telling.submit(_tell, on_view, index, added, streams[at]))
        for each in told:
            each.result()  # raises what it raised
    return _by_fields(_total(sums, streams), tensors["opacities"])


def _streams(device: torch.device, gaussians: int) -> list[torch.cuda.Stream | None]:
    """Those that views take in turn, after all work so far; None is the only one there is without CUDA."""
    if device.type != "cuda":
        return [None]
    count = max(1, min(_STREAMS, _GAUSSIANS_AT_A_TIME // max(1, gaussians)))
    streams = [torch.cuda.Stream(device) for _ in range(count)]
    for stream in streams:
        stream.wait_stream(torch.cuda.current_stream(device))
    return list(streams)


def _signs_on(device: torch.device, view: Camera, seed: int) -> Tensor:
    return torch.from_numpy(random_signs(view, seed)).to(device)


def _used_on(tensor: Tensor, stream: torch.cuda.Stream | None) -> Tensor:
    """The same; its memory is not given to others before what `stream` does with it is done."""
    if stream is not None:
        tensor.record_stream(stream)
    return tensor


def _tell(on_view: OnView, index: int, added: Tensor | None, stream: torch.cuda.Stream | None) -> None:
    """added: to the colors [N], a result of `stream`."""
    colors = np.zeros(0, np.float32)
    if added is not None:
        with torch.cuda.stream(stream):
            colors = added.cpu().numpy()
    rows = np.flatnonzero(colors)
    on_view(index, rows, colors[rows])


def _gradients(
    rasterizer: Rasterizer,
    tensors: dict[str, Tensor],
    view: Camera,
    signs: Tensor,
    background: Tensor,
    sh_degree: int,
) -> dict[str, Tensor]:
    """Of the sum of a view's samples times `signs`, by the names of the parameters."""
    # Leaves of this view alone: autograd lets those that views share wait for the stream of an earlier one.
    leaves = {name: tensors[name].detach().requires_grad_(True) for name in _PARAMETERS}
    rendered = rasterizer(
        **leaves, shN=tensors["shN"], camera=view, sh_degree=sh_degree, background=background
    )
    # A sum, as torch imports sympy, which takes seconds, where it is given the gradient of an image.
    total = (rendered.image * signs).sum()
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values())), strict=True))


def _add_squares(sums: dict[str, Tensor], gradients: dict[str, Tensor], by_w: Tensor) -> None:
    """Add the squares of a view's gradients, float64, [N, 3] or [N]; see `numba_squares.py`.

    by_w: x, y and z of the quaternions over w, [N, 3].
    """
    by_quat = gradients["quats"]
    tangent = torch.addcmul(by_quat[:, 1:], by_quat[:, :1], by_w, value=-1)
    for name, gradient in {**gradients, "quats": tangent}.items():
        if name not in sums:
            sums[name] = torch.zeros_like(gradient, dtype=torch.float64)
        sums[name].addcmul_(gradient, gradient)


def _total(
    sums: Sequence[dict[str, Tensor]], streams: Sequence[torch.cuda.Stream | None]
) -> dict[str, Tensor]:
    """The sums of all streams, once these have done their work."""
    for stream in streams:
        if stream is not None:
            stream.synchronize()
    total = sums[0]
    for other in sums[1:]:
        for name, values in other.items():
            total[name] += values
    return total


def _by_fields(sums: dict[str, Tensor], logits: Tensor) -> dict[str, np.ndarray]:
    """By the fields of `Sensitivity`, of the sums by the names of the parameters."""
    opacities = torch.sigmoid(logits.double())
    removal = sums["opacities"] / (1.0 - opacities).clamp(min=MIN_TRANSPARENCY).square()
    fields = {
        "means": sums["means"],
        "quats": sums["quats"],
        "scales": sums["scales"],
        "opacities": removal / opacities.clamp(min=MIN_OPACITY).square(),
        "colors": sums["sh0"].mean(dim=1),
        "removal": removal,
    }
    with ThreadPoolExecutor(len(fields)) as pool:  # a copy fills new memory, which one core does slowly
        return dict(zip(fields, pool.map(lambda values: values.cpu().numpy(), fields.values()), strict=True))
