"""All settings as a page: `python -m pipelines.inbox_to_sogs.options_page` writes docs/options.md."""

from __future__ import annotations

from pathlib import Path

from components.shared.files import write_text
from components.shared.setting import Setting
from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES

PAGE = Path(__file__).parents[2] / "docs" / "options.md"
_HEAD = """# Settings

`make schemas` writes this page from the settings of each stage. On CUDA some defaults of training
differ: see `CUDA` in `components/train/hyperparameters.py`.

`--set STAGE.NAME=VALUE` sets any of them, on `run`, `demo`, `inbox`, `submit` and `schedule create`.
`--config` takes them from a YAML file by stage and name, or from the `report.json` of a run to repeat.
Some have an option of their own, and a parameter in the Kubeflow UI.
`--set` wins over options, and options over `--config`.
In the UI `STAGE_settings` sets any setting of a stage as text: `max_features=4096,min_points=500`, or JSON.

```
train: {steps: 7000, sh_degree: 2}
sfm: {max_features: 16000}
```
"""


def render_options_page() -> str:
    """The page as Markdown: a table for each stage."""
    parts = [_HEAD]
    for stage, kind in INBOX_STAGES.items():
        rows = [_row(setting) for setting in kind.settings().values()]
        parts.append(
            "\n".join([f"## {stage}\n", "| setting | default | range | |", "|---|---|---|---|", *rows, ""])
        )
        if kind.renamed:
            old = ", ".join(f"`{old}` (now `{new}`)" for old, new in kind.renamed.items())
            parts.append(f"Deprecated names, still understood: {old}.\n")
    return "\n".join(parts)


def _row(setting: Setting) -> str:
    default = "" if setting.default is None else f"{setting.default}"
    if isinstance(setting.default, bool):
        default = "on" if setting.default else "off"
    option = next((each.name for each in INBOX_OPTIONS if setting in each.settings), "")
    help_text = f"{setting.help} Option `--{option.replace('_', '-')}`." if option else setting.help
    limits = setting.range or setting.allowed
    return f"| `{setting.name}` | {default} | {limits} | {help_text} |"


if __name__ == "__main__":
    write_text(PAGE, render_options_page())
