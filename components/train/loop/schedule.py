"""What happens when: every milestone is a fraction of the run's length."""

from __future__ import annotations

from dataclasses import dataclass

from components.train.hyperparameters import CPU, Recipe

LEVELS = 2
"""Sizes of photos: full and half."""

_REFINE_FROM, _REFINE_UNTIL, _REFINEMENTS = 0.04, 0.7, 40
_FULL_BUDGET_AT = 0.5
_FIXED_COST = 0.4
"""Share of a full-size step's time that does not depend on the number of pixels."""


@dataclass(frozen=True, slots=True)
class Schedule:
    steps: int
    sh_degree: int
    recipe: Recipe = CPU

    def level(self, step: int) -> int:
        """How often the photos' sides are halved: small ones first, which show the large forms sooner."""
        return 1 if step < self._at(self.recipe.half_size_until) else 0

    def sh_degree_at(self, step: int) -> int:
        """The colours' dependence on the direction is added degree by degree."""
        return min(self.sh_degree, int(step / (self.steps * self.recipe.sh_degree_every)))

    def is_refining(self, step: int) -> bool:
        """Whether a refinement still follows."""
        return step < self._at(_REFINE_UNTIL)

    def refines(self, step: int) -> bool:
        interval = max(1, self._at((_REFINE_UNTIL - _REFINE_FROM) / _REFINEMENTS))
        begun = step - self._at(_REFINE_FROM)
        return begun >= 0 and step <= self._at(_REFINE_UNTIL) and begun % interval == 0

    def target_count(self, step: int, start: int, budget: int) -> int:
        """How many Gaussians there should be: growing evenly from `start`, reaching `budget` half way."""
        grown = min(1.0, step / self._at(_FULL_BUDGET_AT))
        return round(start + (budget - start) * grown)

    def time_fraction(self, step: int) -> float:
        """Share of the whole time that `step` steps take; steps on small photos are quicker."""
        switch = self._at(self.recipe.half_size_until)
        small = _FIXED_COST + (1.0 - _FIXED_COST) / 4
        total = switch * small + (self.steps - switch)
        return (min(step, switch) * small + max(0, step - switch)) / total

    def _at(self, fraction: float) -> int:
        return round(self.steps * fraction)
