"""The summary of a pass as Markdown, which the Kubeflow UI shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.shared.progress import duration


def render_summary_page(summary: dict[str, Any]) -> str:
    if summary["failure"]:
        cause, remedy = (_text(summary["failure"][name]) for name in ("message", "remedy"))
        return f"# {_text(summary['inbox'])}\n\nNothing was begun: {cause}\n\n**What to do:** {remedy}\n"
    counts = ", ".join(f"{len(summary[state])} {state}" for state in ("processed", "failed", "skipped"))
    parts = [f"# {_text(summary['inbox'])}\n\n{counts}"]
    parts += _table(
        "Processed",
        ("capture", "results", "PSNR", ".sog", "time"),
        [
            (each["title"], each["output"], _psnr(each), _size(each), _time(each))
            for each in summary["processed"]
        ],
    )
    parts += _table(
        "Failed",
        ("capture", "cause", "what to do"),
        [
            (each["title"], each["failure"]["message"], each["failure"]["remedy"])
            for each in summary["failed"]
        ],
    )
    parts += _table(
        "Skipped", ("capture", "why"), [(each["title"], each["reason"]) for each in summary["skipped"]]
    )
    parts += _table(
        "Deleted versions",
        ("capture", "version", "why"),
        [(each["title"], each["version"], each["reason"]) for each in summary["removed"]],
    )
    if summary["untidy"]:
        parts.append(f"The page of all scenes was not written: {_text(summary['untidy']['message'])}")
    if summary["loose"]:
        names = ", ".join(_text(name) for name in summary["loose"][:10])
        parts.append(f"No captures: {names}. Photos belong into a folder of their own.")
    return "\n\n".join(parts) + "\n"


def _table(title: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """As the only element, or no element if there are no rows."""
    if not rows:
        return []
    lines = [names, tuple("---" for _ in names), *(tuple(map(_text, row)) for row in rows)]
    return [f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _text(value: str) -> str:
    """Names and messages hold what would end a cell or start markup."""
    for character in "\\`*_[]<>|#":
        value = value.replace(character, f"\\{character}")
    return " ".join(value.split())


def _psnr(each: dict[str, Any]) -> str:
    return f"{each['psnr_db']:.1f} dB" if each["psnr_db"] is not None else ""


def _size(each: dict[str, Any]) -> str:
    return f"{each['bytes'] / 1e6:.1f} MB" if each["bytes"] is not None else ""


def _time(each: dict[str, Any]) -> str:
    return duration(each["seconds"]) if each["seconds"] is not None else ""
