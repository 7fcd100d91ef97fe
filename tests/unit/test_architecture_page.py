"""The layers in docs/architecture.md are those that `make lint` checks."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def layers_of(container: str) -> list[set[str]]:
    contract = next(each for each in CONTRACTS if each.get("containers") == [container])
    return [set(layer.split(" | ")) for layer in contract["layers"]]


def shown(block: str) -> list[set[str]]:
    """Names at the beginning of each line, before two spaces and the explanation."""
    return [set(re.split(r"\s{2,}", line.strip())[0].split(" | ")) for line in block.strip().splitlines()]


def test_page_shows_the_layers_of_training():
    block = re.search(r"<!-- layers: components\.train -->\n```\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    assert shown(block[1]) == layers_of("components.train")


def test_page_shows_the_layers_of_the_pipelines():
    block = re.search(r"^pipelines/\n(.*?)^components/", PAGE, re.DOTALL | re.MULTILINE)
    assert block is not None
    assert shown(block[1]) == layers_of("pipelines")


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:components|pipelines)/[\w/]+\.py)`", PAGE))))
def test_files_that_the_page_names_exist(path: str):
    assert (ROOT / path).is_file(), f"docs/architecture.md names {path}"
