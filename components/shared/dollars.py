"""Amounts of money as people read them."""

from __future__ import annotations


def dollars(amount: float | None) -> str:
    """`$1.20`, `$0.014`, `< $0.001`; empty where the amount is not known."""
    if amount is None:
        return ""
    if amount >= 0.1:
        return f"${amount:,.2f}"
    return f"${amount:.3f}" if amount >= 0.001 or amount == 0 else "< $0.001"
