"""Messages tell users only of settings and options that exist."""

import ast
import re
from pathlib import Path

import pytest
from typer.main import get_command

from pipelines.cli.main import app
from pipelines.inbox_to_sogs.options import INBOX_STAGES

ROOT = Path(__file__).parents[3]
FILES = [
    path
    for folder in ("components", "pipelines")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "__main__.py"
]
SETTINGS = {each.full_name for kind in INBOX_STAGES.values() for each in kind.settings().values()}
TASK_PARAMETERS = {"sfm_memory", "train_memory"}


def texts(path):
    """String constants that are no docstrings, with the texts of f-strings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def told(pattern):
    return {match for path in FILES for text in texts(path) for match in re.findall(pattern, text)}


def test_settings_that_are_told_exist():
    names = told(r"--set ([a-z]+\.[a-z_]+)")
    assert {"ingest.max_files", "train.gpus"} <= names
    assert names <= SETTINGS


def test_other_names_after_set_are_parameters_of_tasks():
    assert told(r"--set ([a-z_]+)=") <= TASK_PARAMETERS


@pytest.fixture(scope="module")
def options():
    commands, found = [get_command(app)], set()
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        found |= {name for parameter in command.params for name in parameter.opts}
    return found


def test_options_that_remedies_tell_exist(options):
    remedies = [
        text
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "remedy"
        for part in ast.walk(node.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        for text in [part.value]
    ]
    names = {name for text in remedies for name in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", text)}
    assert {"--set", "--output"} <= names
    assert names <= options
