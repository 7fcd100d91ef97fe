"""What changes with the step: photo size, degree of colours, refinements, learning rates.

Every milestone is a fraction of the number of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.train.hyperparameters import CPU, Hyperparameters

LEVELS = 2
"""Sizes of photos: full and half."""
CHECK_INTERVAL_STEPS = 25
"""Steps between checks for divergence, and between agreements of ranks: both wait for the device."""

_REFINE_FROM, _REFINE_UNTIL, _REFINEMENTS = 0.04, 0.7, 40
_FULL_BUDGET_AT = 0.5
_FIXED_COST = 0.4
"""Fraction of the time of a full-size step that does not depend on the number of pixels."""

# Kerbl et al. 2023, for 30,000 steps; that of the means is in units of the scene scale.
_REFERENCE_STEPS = 30_000
_MEANS_LR, _FINAL_MEANS_LR = 1.6e-4, 1.6e-6
_SCALES_LR = 5e-3
_LRS = {"quats": 1e-3, "opacities": 5e-2, "sh0": 2.5e-3, "shN": 2.5e-3 / 20}

_DECAY_FROM = 0.7
"""Fraction of the steps after which the learning rates other than that of the means decay."""

_MAX_MEANS_FACTOR, _MAX_SCALES_FACTOR = 20.0, 3.0
"""Limits of the increase of learning rates in shorter trainings, measured with 1,500 and 3,000 steps."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`steps` and `sh_degree` are those of the whole training."""

    steps: int
    sh_degree: int
    hyperparameters: Hyperparameters = CPU

    def level(self, step: int) -> int:
        """How often the photos' sides are halved: half size first, which shows coarse structure sooner."""
        return 1 if step < self._at(self.hyperparameters.half_resolution_until) else 0

    def sh_degree_at(self, step: int) -> int:
        """Degree of the spherical harmonics, which grows from 0 to `sh_degree`."""
        return min(self.sh_degree, int(step / (self.steps * self.hyperparameters.sh_degree_interval)))

    def is_refining(self, step: int) -> bool:
        """Whether a refinement is still to come."""
        return step < self._at(_REFINE_UNTIL)

    def refines(self, step: int) -> bool:
        """Whether there is a refinement after this step."""
        interval = max(1, self._at((_REFINE_UNTIL - _REFINE_FROM) / _REFINEMENTS))
        elapsed = step - self._at(_REFINE_FROM)
        return elapsed >= 0 and step <= self._at(_REFINE_UNTIL) and elapsed % interval == 0

    def shares_colors(self, step: int) -> bool:
        """Whether the Gaussians share a palette of view-dependent colours in this step."""
        return step >= self._at(self.hyperparameters.shared_colors_from)

    def target_count(self, step: int, start: int, budget: int) -> int:
        """Number of Gaussians: linear from `start` at step 0 to `budget` at half of the steps."""
        grown = min(1.0, step / self._at(_FULL_BUDGET_AT))
        return round(start + (budget - start) * grown)

    def time_fraction(self, step: int) -> float:
        """Estimated fraction of the training time until `step`; steps at half size take less time."""
        switch = self._at(self.hyperparameters.half_resolution_until)
        half_size = _FIXED_COST + (1.0 - _FIXED_COST) / 4
        total = switch * half_size + (self.steps - switch)
        return (min(step, switch) * half_size + max(0, step - switch)) / total

    def _at(self, fraction: float) -> int:
        return round(self.steps * fraction)


def learning_rates(
    step: int, steps: int, scene_scale: float, lr_scale: float = 1.0, final_lr_factor: float = 1.0
) -> dict[str, float]:
    """Learning rates at `step` of `steps`, by parameter name, all multiplied by `lr_scale`.

    That of the means decays from the start, the others near the end, to `final_lr_factor` of their value.
    """
    shortening = max(1.0, _REFERENCE_STEPS / steps)
    means = (
        scene_scale
        * min(shortening, _MAX_MEANS_FACTOR)
        * _MEANS_LR
        * (_FINAL_MEANS_LR / _MEANS_LR) ** (step / steps)
    )
    decay = final_lr_factor ** max(0.0, (step / steps - _DECAY_FROM) / (1.0 - _DECAY_FROM))
    rates = {"scales": _SCALES_LR * min(shortening**0.5, _MAX_SCALES_FACTOR), **_LRS}
    return {"means": means * lr_scale, **{name: rate * lr_scale * decay for name, rate in rates.items()}}
