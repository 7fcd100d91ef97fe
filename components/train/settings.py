"""What training may be told, and what follows from the device where nothing was said."""

from __future__ import annotations

from dataclasses import dataclass

BACKENDS = ("auto", "numba", "gsplat")


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """None means: chosen by the device, see `Plan`."""

    backend: str = "auto"
    """`gsplat` (on a CUDA device), `numba` (on the CPU), or `auto`: gsplat where there is a CUDA device."""
    steps: int | None = None
    """Training steps, one photo each."""
    max_gaussians: int | None = None
    """The budget: never more Gaussians than this."""
    image_max_side_px: int | None = None
    """Photos are shrunk until their longer side fits, in pixels; never enlarged."""
    sh_degree: int | None = None
    """Spherical harmonics of the colours: 0 (the same from everywhere) to 3 (glossy)."""
    test_every: int = 8
    """Each such view is held out, to measure quality on photos that training never saw."""
    ssim_lambda: float = 0.2
    """Weight of structural similarity in the loss, 0 to 1; the rest is the absolute error."""
    seed: int = 0
    """Equal seeds give equal results on the CPU."""
    checkpoint_every_seconds: float = 60.0
    """How much work a killed run may lose, in seconds."""

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ValueError(f"backend is {self.backend!r}; known are {', '.join(BACKENDS)}")
        for name, low, high in (
            ("steps", 100, 1_000_000),
            ("max_gaussians", 1_000, 50_000_000),
            ("image_max_side_px", 32, 16_384),
            ("sh_degree", 0, 3),
            ("test_every", 2, 1_000_000),
            ("ssim_lambda", 0.0, 1.0),
            ("seed", 0, 2**31 - 1),
            ("checkpoint_every_seconds", 0.0, 86_400.0),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")

    def plan(self, device_type: str) -> Plan:
        """Fill in what was left open, for `cpu` or `cuda`."""
        defaults = _DEFAULTS[device_type]
        return Plan(
            **{
                name: default if getattr(self, name) is None else getattr(self, name)
                for name, default in defaults.items()
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The four figures that decide time, memory and quality."""

    steps: int
    max_gaussians: int
    image_max_side_px: int
    sh_degree: int


_DEFAULTS = {
    "cpu": {"steps": 4_000, "max_gaussians": 30_000, "image_max_side_px": 400, "sh_degree": 1},
    "cuda": {"steps": 10_000, "max_gaussians": 1_000_000, "image_max_side_px": 1_600, "sh_degree": 3},
}
