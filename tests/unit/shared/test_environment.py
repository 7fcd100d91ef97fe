"""Names that must be defined once: no other module may spell them."""

import ast
import re
from pathlib import Path

from components.shared import environment

ROOT = Path(__file__).parents[3]


def names_in(path: Path, pattern: str) -> set[str]:
    """Texts in the code of a module that match all of `pattern`; docstrings do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.fullmatch(pattern, text)}


def modules_that_spell(pattern: str) -> set[str]:
    paths = [path for folder in ("components", "pipelines") for path in (ROOT / folder).rglob("*.py")]
    return {str(path.relative_to(ROOT)) for path in paths if names_in(path, pattern)}


def test_environment_variables_are_named_in_one_module():
    assert modules_that_spell(r"KUBESPLAT_\w+") == {"components/shared/environment.py"}


def test_the_private_folder_is_named_in_one_module():
    assert modules_that_spell(r"\.kubesplat(/.*)?") == {"components/shared/run_layout.py"}


def test_all_variables_have_the_prefix():
    names = [getattr(environment, name) for name in dir(environment) if name.endswith("_VARIABLE")]
    assert len(names) == len(set(names)) >= 12
    assert all(name.startswith("KUBESPLAT_") for name in names)
