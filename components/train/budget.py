"""How many Gaussians there may be, as far as memory decides it."""

from __future__ import annotations

SMALLEST_BUDGET = 1_000
_WORTH_TRYING = 0.9
"""Where memory ran out with a budget that it should have held, one a little smaller fares no better."""


def smaller_budget(budget: int, fitting: int | None) -> int:
    """What to go on with after memory ran out: what now fits, or half where that is not known or not less."""
    if fitting is None or fitting > _WORTH_TRYING * budget:
        return max(SMALLEST_BUDGET, budget // 2)
    return max(SMALLEST_BUDGET, fitting)
