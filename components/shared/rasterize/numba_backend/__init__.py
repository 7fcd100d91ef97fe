"""The CPU rasterizer: numba kernels on numpy arrays; only `autograd` knows torch."""

from pathlib import Path

from components.shared.rasterize.numba_backend.stale_cache import drop_stale_cache

drop_stale_cache(Path(__file__).parents[1])
