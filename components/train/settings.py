"""What training may be told, and what follows from the device where nothing was said."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from components.shared.settings_text import FIELDS_OF
from components.train.hyperparameters import CPU, CUDA, Recipe

BACKENDS = ("auto", "numba", "gsplat")
PRESETS = ("draft", "fast", "quality")
EXPOSURES = ("auto", "on", "off")
STRATEGIES = ("split", "mcmc")
MAX_GAUSSIANS = 50_000_000


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """None means: chosen by the device, see `Plan`."""

    preset: str = "fast"
    """Time to spend: `draft` for a first look, `fast`, or `quality`; figures given below overrule it."""
    backend: str = "auto"
    """`gsplat` (on a CUDA device), `numba` (on the CPU), or `auto`: gsplat where there is a CUDA device.

    A task that asked for GPUs and sees fewer fails, unless this is `numba`.
    """
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
    antialiased: bool = False
    """Opacities make up for the blur by a pixel: what is thin or far looks alike from near and far."""
    depth_weight: float = 0.0
    """Weight in the loss of the depth of points of structure from motion; 0.1 is a good one, 0 is none."""
    random_background: bool = False
    """Each step is drawn over another colour: what photos leave empty stays empty, walls become opaque."""
    checkpoint_every_seconds: float = 60.0
    """How much work a killed run may lose, in seconds."""
    checkpoint_every_steps: int | None = None
    """The same in steps: whichever comes first."""
    strategy: str = "split"
    """How Gaussians come and go: `split`, or `mcmc`, which moves them about with some noise."""
    exposure: str = "auto"
    """Learn each photo's exposure and white balance: `on`, `off`, or `auto`: on where photos differ."""
    refine_poses: bool = False
    """Learn what is left of the poses' errors; on a CUDA device each step takes several times as long."""
    gpus: int = 1
    """Of this machine, that train together; 0 stands for all there are."""
    recipe: dict[str, Any] = field(default_factory=dict, metadata={FIELDS_OF: Recipe})
    """Fields of `Recipe` that shall differ from those of the preset."""

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ValueError(f"backend is {self.backend!r}; known are {', '.join(BACKENDS)}")
        if self.preset not in PRESETS:
            raise ValueError(f"preset is {self.preset!r}; known are {', '.join(PRESETS)}")
        if self.exposure not in EXPOSURES:
            raise ValueError(f"exposure is {self.exposure!r}; known are {', '.join(EXPOSURES)}")
        if self.strategy not in STRATEGIES:
            raise ValueError(f"strategy is {self.strategy!r}; known are {', '.join(STRATEGIES)}")
        for name, low, high in (
            ("steps", 100, 1_000_000),
            ("max_gaussians", 1_000, MAX_GAUSSIANS),
            ("image_max_side_px", 32, 16_384),
            ("sh_degree", 0, 3),
            ("test_every", 2, 1_000_000),
            ("ssim_lambda", 0.0, 1.0),
            ("seed", 0, 2**31 - 1),
            ("depth_weight", 0.0, 100.0),
            ("gpus", 0, 64),
            ("checkpoint_every_seconds", 0.0, 86_400.0),
            ("checkpoint_every_steps", 1, 1_000_000),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must be from {low} to {high}")
        if self.gpus != 1 and (self.needs_autograd or not self.recipe.get("fused", True)):
            raise ValueError(
                f"gpus is {self.gpus}; it must be 1 with antialiased, depth_weight, refine_poses or fused=off"
            )
        unknown = self.recipe.keys() - {each.name for each in fields(Recipe)}
        if unknown:
            raise ValueError(f"recipe has {', '.join(sorted(unknown))}, of which nothing is known")

    @property
    def needs_autograd(self) -> bool:
        """Whether the fused step of CUDA devices does not know something that is asked for."""
        return self.antialiased or self.depth_weight > 0.0 or self.refine_poses

    def plan(self, device_type: str) -> Plan:
        """Fill in what was left open, for `cpu` or `cuda`."""
        told = {
            name: getattr(self, name) for name in ("steps", "max_gaussians", "image_max_side_px", "sh_degree")
        }
        preset = _PLANS[device_type][self.preset]
        return replace(
            preset,
            recipe=replace(preset.recipe, **self.recipe),
            **{name: value for name, value in told.items() if value is not None},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What decides time, memory and quality."""

    steps: int
    max_gaussians: int
    image_max_side_px: int
    sh_degree: int
    recipe: Recipe = CPU


_PLANS = {
    "cpu": {
        "draft": Plan(steps=1_500, max_gaussians=15_000, image_max_side_px=300, sh_degree=1),
        "fast": Plan(steps=4_000, max_gaussians=30_000, image_max_side_px=400, sh_degree=1),
        "quality": Plan(steps=10_000, max_gaussians=60_000, image_max_side_px=600, sh_degree=2),
    },
    "cuda": {
        "draft": Plan(steps=3_000, max_gaussians=300_000, image_max_side_px=1_600, sh_degree=3, recipe=CUDA),
        "fast": Plan(steps=7_000, max_gaussians=500_000, image_max_side_px=1_600, sh_degree=3, recipe=CUDA),
        "quality": Plan(
            steps=32_000, max_gaussians=1_000_000, image_max_side_px=1_600, sh_degree=3, recipe=CUDA
        ),
    },
}
