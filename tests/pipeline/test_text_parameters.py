"""`kfp recurring-run create` as the READMEs show it: all values are text, refused where numbers are due."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from pipelines.inbox_to_sogs.options import INBOX_OPTIONS, INBOX_STAGES
from pipelines.inbox_to_sogs.pipeline import define_inbox_to_sogs
from pipelines.photos_to_sog.options import merge_parameters
from pipelines.photos_to_sog.pipeline import define_photos_to_sog
from pipelines.task_settings.write_package import write_package

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "pipelines/photos_to_sog/README.md", "pipelines/inbox_to_sogs/README.md")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    for define in (define_inbox_to_sogs, define_photos_to_sog):
        write_package(define, folder)
    return folder


@pytest.mark.parametrize("readme", READMES)
def test_the_command_sets_text_parameters_to_what_the_stages_take(packages, readme):
    text = (ROOT / readme).read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^kfp recurring-run create .*$", text, re.MULTILINE)
    words = shlex.split(line)
    package = packages / Path(words[words.index("--pipeline-package-path") + 1]).name
    spec = next(yaml.safe_load_all(package.read_text()))
    known = spec["root"]["inputDefinitions"]["parameters"]
    given = dict(word.split("=", 1) for word in words if re.match(r"\w+=", word))
    assert {known[name]["parameterType"] for name in given} == {"STRING"}
    assert sum(name.endswith("_settings") for name in given) >= 2
    assert {name for name, each in known.items() if not each.get("isOptional")} <= set(given)
    settings = merge_parameters(INBOX_OPTIONS, INBOX_STAGES, "", given)
    changed = {stage for stage, each in settings.items() if each.changed()}
    assert changed == {name.removesuffix("_settings") for name in given if name.endswith("_settings")}
