"""Settings of training, and the plan that follows from them and from the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from components.shared.errors import InputError
from components.shared.settings import Settings
from components.train.hyperparameters import CPU, CUDA, NAMES_OF_VERSION_0_1, Hyperparameters

Preset = Literal["draft", "fast", "quality"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
MAX_GAUSSIANS = 50_000_000


class TrainSettings(Settings):
    """None leaves a choice to the device, see `Plan`."""

    stage: ClassVar[str] = "train"
    renamed: ClassVar[Mapping[str, str]] = {old: new for new, old in NAMES_OF_VERSION_0_1.items()}

    preset: Preset = "fast"
    """Time to spend on training: draft for a first look, fast, or quality."""
    backend: Literal["auto", "numba", "gsplat"] = "auto"
    """`gsplat` (on a CUDA device), `numba` (on the CPU), or `auto`: gsplat where there is a CUDA device.

    A task that asked for GPUs and sees fewer fails, unless this is `numba`.
    """
    steps: int | None = Field(default=None, ge=100, le=1_000_000)
    """Training steps, one photo each."""
    max_gaussians: int | None = Field(default=None, ge=1_000, le=MAX_GAUSSIANS)
    """At most so many Gaussians; more show finer detail."""
    image_max_side_px: int | None = Field(default=None, ge=32, le=16_384)
    """Train on photos whose longer side is shrunk to this size, in pixels."""
    sh_degree: int | None = Field(default=None, ge=0, le=3)
    """Degree of spherical harmonics: 0 (colours alike from everywhere) to 3 (glossy). None: by the device."""
    test_every: int = Field(default=8, ge=2, le=1_000_000)
    """Hold out every Nth view, by name: PSNR and SSIM are measured on photos that training never sees."""
    ssim_lambda: float = Field(default=0.2, ge=0.0, le=1.0)
    """Weight of 1 - SSIM in the loss; the rest is the absolute error."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Start of all random choices; equal seeds give equal results on the CPU."""
    antialiased: bool = False
    """Mip-Splatting's opacity compensation (Yu et al. 2024): consistent appearance across resolutions."""
    depth_weight: float = Field(default=0.0, ge=0.0, le=100.0)
    """Weight in the loss of the depth of points of structure from motion; 0.1 is a good one, 0 is none."""
    random_background: bool = False
    """Composite rendered image and photo over a random background each step (gsplat's `random_bkgd`)."""
    checkpoint_every_seconds: float = Field(default=60.0, ge=0.0, le=86_400.0)
    """How much work a killed run may lose, in seconds."""
    checkpoint_every_steps: int | None = Field(default=None, ge=1, le=1_000_000)
    """The same in steps: whichever comes first."""
    strategy: Literal["split", "mcmc"] = "split"
    """Densification: `split`, or `mcmc`, which relocates Gaussians and perturbs them with noise."""
    exposure: Literal["auto", "on", "off"] = "auto"
    """Learn each photo's exposure and white balance: `on`, `off`, or `auto`: on where photos differ."""
    refine_poses: bool = False
    """Learn corrections of the camera poses; on a CUDA device each step takes several times as long."""
    clean_up: bool = True
    """At the end, remove floaters and haze, which photos speak against; what held-out photos miss is kept."""
    max_minutes: float | None = Field(default=None, gt=0, le=10_000)
    """End training so many minutes after its start, in each try, with what it has by then. 0: no limit."""
    budget_usd: float | None = Field(default=None, gt=0, le=1_000_000)
    """What the whole run may cost, in US dollars. One that is expected to cost more fails before training;
    training ends early, with what it has, before the run costs more. 0: no limit."""
    gpus: int = Field(default=1, ge=0, le=64)
    """GPUs of this machine that train together; 0: all."""
    hyperparameters: Hyperparameters = Hyperparameters()
    """Those that are given overrule the preset's."""

    @model_validator(mode="after")
    def _check_gpus(self) -> TrainSettings:
        if self.gpus != 1 and (self.needs_autograd or not self.hyperparameters.fused):
            raise InputError(
                f"train.gpus is {self.gpus}; it must be 1 with antialiased, depth_weight, refine_poses "
                "or fused=off",
                remedy="Correct one of them, then run again.",
            )
        return self

    @property
    def needs_autograd(self) -> bool:
        """Whether something is asked for that the fused step of CUDA devices does not have."""
        return self.antialiased or self.depth_weight > 0.0 or self.refine_poses

    def plan(self, device_type: str) -> Plan:
        """The preset for `cpu` or `cuda`, overruled by what is given."""
        preset = _PLANS[device_type][self.preset]
        given = {
            each.name: getattr(self, each.name) for each in fields(Plan) if each.name != "hyperparameters"
        }
        overrides = self.hyperparameters.model_dump(exclude_unset=True)
        return replace(
            preset,
            hyperparameters=preset.hyperparameters.model_copy(update=overrides),
            **{name: value for name, value in given.items() if value is not None},
        )

    def resolved_by(self, plan: Plan) -> dict[str, Any]:
        """Every setting as training uses it, by its name."""
        chosen = {
            each.name: getattr(plan, each.name) for each in fields(plan) if each.name != "hyperparameters"
        }
        return {**self.resolved(), **chosen, **plan.hyperparameters.resolved()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What decides time, memory and quality."""

    steps: int
    max_gaussians: int
    image_max_side_px: int
    sh_degree: int
    hyperparameters: Hyperparameters = CPU


_PLANS: dict[str, dict[Preset, Plan]] = {
    "cpu": {
        "draft": Plan(steps=1_500, max_gaussians=15_000, image_max_side_px=300, sh_degree=1),
        "fast": Plan(steps=4_000, max_gaussians=30_000, image_max_side_px=400, sh_degree=1),
        "quality": Plan(steps=10_000, max_gaussians=60_000, image_max_side_px=600, sh_degree=2),
    },
    "cuda": {
        "draft": Plan(
            steps=3_000, max_gaussians=300_000, image_max_side_px=1_600, sh_degree=3, hyperparameters=CUDA
        ),
        "fast": Plan(
            steps=7_000, max_gaussians=500_000, image_max_side_px=1_600, sh_degree=3, hyperparameters=CUDA
        ),
        "quality": Plan(
            steps=32_000, max_gaussians=1_000_000, image_max_side_px=1_600, sh_degree=3, hyperparameters=CUDA
        ),
    },
}


_DECIDE_NOTHING = {
    "hyperparameters",
    "checkpoint_every_seconds",
    "checkpoint_every_steps",
    "clean_up",
    "max_minutes",
    "budget_usd",
    "gpus",
}
"""Settings that are no part of the key of checkpoints, or that it has in another form."""


_LATER_THAN_VERSION_0_1 = {"shared_colors_from"}
"""Hyperparameters that are part of the key only where they are given."""


def decisions(settings: TrainSettings, plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    """What decides the result of a training, under the names of version 0.1, whose checkpoints resume.

    How often to save, on how many GPUs, when to end, and the clean-up decide nothing of a step. Nor does free
    memory make another training of it: the plan has the budget that is wanted, and the state the one granted.
    """
    given = settings.model_dump(exclude=_DECIDE_NOTHING)
    overrides = settings.hyperparameters.model_dump(exclude_unset=True)
    planned = {each.name: getattr(plan, each.name) for each in fields(plan) if each.name != "hyperparameters"}
    recipe = plan.hyperparameters.model_dump(exclude=_LATER_THAN_VERSION_0_1)
    return (
        {
            **given,
            "checkpoint_every_seconds": 0.0,
            "checkpoint_every_steps": None,
            "gpus": 1,
            "recipe": _old_names(overrides),
        },
        {**planned, "recipe": _old_names(recipe)},
    )


def _old_names(hyperparameters: dict[str, Any]) -> dict[str, Any]:
    return {NAMES_OF_VERSION_0_1.get(name, name): value for name, value in hyperparameters.items()}
