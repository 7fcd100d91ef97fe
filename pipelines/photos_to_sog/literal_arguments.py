"""Make Kubeflow's local runner pass on arguments as they are.

It replaces placeholders such as `{{$.x}}` within the arguments, too, and the word python3 by the path of the
interpreter: a folder of such a name would not be found.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kfp.local import placeholder_utils

_REFERENCE = re.compile(r"\{\{\$\.inputs\.parameters\['(pipelinechannel--[^']+)'\]\}\}")
"""What the compiler writes into a text for the value of a pipeline's parameter or a task's output."""
_INPUT = "{{$}}"
"""What the compiler writes into a command for all inputs and outputs of the task, as JSON."""
_INTERPRETER = "python3"


def pass_arguments_literally() -> None:
    """Replace the runner's function that puts inputs into commands, in this process."""
    placeholder_utils.replace_placeholders = _replace_placeholders


def _replace_placeholders(
    full_command: list[str], executor_input_dict: dict[str, Any], **_: object
) -> list[str]:
    inputs = executor_input_dict.get("inputs", {})
    values = inputs.get("parameterValues", {})
    resolved = {name: _resolved(value, values) for name, value in values.items()}
    task = json.dumps({**executor_input_dict, "inputs": {**inputs, "parameterValues": resolved}})
    # In JSON, an escaped letter is the letter, and the runner no longer finds the word.
    task = task.replace(_INTERPRETER, f"\\u{ord(_INTERPRETER[0]):04x}{_INTERPRETER[1:]}")
    return [task if part == _INPUT else part for part in full_command]


def _resolved(value: Any, values: dict[str, Any]) -> Any:
    """The value with the other values that it refers to; any other text stays, also in double braces."""

    def refer(reference: re.Match[str]) -> str:
        if reference[1] not in values:
            return reference[0]
        other = values[reference[1]]
        return other if isinstance(other, str) else json.dumps(other)

    return _REFERENCE.sub(refer, value) if isinstance(value, str) else value
