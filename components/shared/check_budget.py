"""Whether a run's budget allows what the run is expected to cost."""

from __future__ import annotations

from components.shared.contracts.forecast import Forecast
from components.shared.dollars import dollars
from components.shared.errors import BudgetError
from components.shared.stages import STAGE_NAMES, stages_before


def check_budget(
    forecast: Forecast, budget_usd: float, *, first_stage: str = STAGE_NAMES[0], spent_usd: float = 0.0
) -> None:
    """Check the stages from `first_stage` on against what `spent_usd` leaves; a cost not known is allowed.

    Raises:
        BudgetError: they are expected to cost more.
    """
    before = stages_before(first_stage)
    cost = forecast.cost_usd([name for name in STAGE_NAMES if name not in before])
    left = max(0.0, budget_usd - spent_usd)
    if cost is None or cost <= left:
        return
    part = f" from the stage `{first_stage}` on" if before else ""
    of_budget = f"{dollars(left)} is left of its budget of" if spent_usd else "its budget is"
    raise BudgetError(
        f"the run is expected to cost {dollars(cost)} (± {forecast.relative_error:.0%}){part}, and "
        f"{of_budget} {dollars(budget_usd)}",
        remedy="Raise --budget-usd, or ask for less: --preset draft, fewer --steps or --max-gaussians.",
    )
