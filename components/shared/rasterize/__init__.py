"""Differentiable rendering of Gaussians: one interface, several backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.shared.rasterize.interface import Rasterizer


def make_rasterizer(backend: str = "auto", antialiased: bool = False) -> Rasterizer:
    """Make the backend of that name: "numba" (CPU), "gsplat" (CUDA), "reference" (plain torch, small images).

    "auto" is gsplat where there is a CUDA device, and numba elsewhere. `antialiased` compensates opacities
    for the blur of EPS2D: a Gaussian's opacity falls by as much as the blur enlarges its area.

    Raises:
        GpuError: there is a GPU that cannot be used.
        GpuMissingError: the task asked for more GPUs than there are.
    """
    if backend == "auto":
        from components.shared.rasterize.cuda_device import has_cuda

        backend = "gsplat" if has_cuda() else "numba"
    if backend == "numba":
        from components.shared.rasterize.numba_backend.autograd import NumbaRasterizer

        return NumbaRasterizer(antialiased)
    if backend == "gsplat":
        from components.shared.rasterize.gsplat_backend import GsplatRasterizer

        return GsplatRasterizer(antialiased=antialiased)
    if backend == "reference":
        from components.shared.rasterize.reference import ReferenceRasterizer

        return ReferenceRasterizer(antialiased)
    raise ValueError(f"backend is {backend!r}; choose auto, numba, gsplat or reference")
