"""The findings of `kubesplat doctor`: one line for each check, and below it what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.client.doctor.finding import Finding, Verdict

_MARKS: dict[Verdict, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warn": ("!", "yellow"),
    "fail": ("✗", "bold red"),
    "unseen": ("?", "cyan"),
}
_WORDS: dict[Verdict, str] = {"ok": "ok", "warn": "warnings", "fail": "failed", "unseen": "not seen"}
_NAME_WIDTH = 16


class FindingsPrinter:
    """Prints findings as they come."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def print_all(self, findings: Iterable[Finding]) -> list[Finding]:
        """Returns what was printed."""
        printed = []
        for finding in findings:
            self._print(finding)
            printed.append(finding)
        counts = Counter(each.verdict for each in printed)
        summary = ", ".join(
            f"{counts[verdict]} {word}" for verdict, word in _WORDS.items() if counts[verdict]
        )
        self._console.print(Text(f"\n{summary}", style="bold"))
        return printed

    def _print(self, finding: Finding) -> None:
        mark, style = _MARKS[finding.verdict]
        remedy = Text.assemble(("What to do: ", "bold"), finding.remedy) if finding.remedy else None
        if self._console.is_terminal:
            grid = Table.grid(padding=(0, 1))
            for width in (1, _NAME_WIDTH, None):
                grid.add_column(width=width, overflow="fold")
            grid.add_row(Text(mark, style), Text(finding.check, "dim"), Text(finding.text))
            if remedy:
                grid.add_row("", "", remedy)
            self._console.print(grid)
            return
        self._console.print(
            f"{mark} {finding.check:<{_NAME_WIDTH}} {finding.text}", soft_wrap=True, markup=False
        )
        if remedy:
            self._console.print(Text("  ") + remedy, soft_wrap=True)
