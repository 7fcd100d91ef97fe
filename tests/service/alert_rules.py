"""The alert rules, as Prometheus reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parents[2] / "manifests" / "components" / "prometheus"


def manifest(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((MANIFESTS / name).read_text())
    return content


def write_rules(path: Path, hold_seconds: int | None = None) -> None:
    """Write the rules; `hold_seconds` replaces how long a condition must hold, and no condition."""
    spec = manifest("rules.yaml")["spec"]
    if hold_seconds is not None:
        for group in spec["groups"]:
            group["interval"] = "250ms"
            for rule in group["rules"]:
                rule["for"] = f"{hold_seconds}s"
    path.write_text(yaml.safe_dump(spec))
