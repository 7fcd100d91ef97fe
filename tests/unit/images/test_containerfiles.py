"""What every image of ours promises, read from its Containerfile."""

import re
from pathlib import Path

import pytest

IMAGES = Path(__file__).resolve().parents[3] / "images"
NAMES = sorted(path.parent.name for path in IMAGES.glob("*/Containerfile"))


@pytest.fixture(params=NAMES)
def image(request):
    """The folder of an image."""
    return IMAGES / request.param


@pytest.fixture
def stages(image):
    """The instructions of each stage: [(instruction, arguments)], what precedes the first FROM as stage 0."""
    text = (image / "Containerfile").read_text()
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    split = [[]]
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            split.append([])
        split[-1].append((instruction, arguments))
    return split


def arguments_of(stage, instruction):
    return [arguments for name, arguments in stage if name == instruction]


def test_the_pipeline_s_images_are_there():
    assert NAMES == ["cpu", "gpu", "sfm-gpu"]
    makefile = (IMAGES.parent / "Makefile").read_text()
    assert re.search(r"^IMAGES\s+\?= (.*)$", makefile, flags=re.MULTILINE)[1].split() == NAMES


def test_the_base_is_a_build_argument_pinned_by_digest(stages):
    (base,) = arguments_of(stages[0], "ARG")
    assert re.fullmatch(r"BASE=[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", base)
    assert ":latest" not in base
    assert [arguments_of(stage, "FROM")[0].split()[0] for stage in stages[1:]] == ["${BASE}", "${BASE}"]


def test_it_runs_as_a_numeric_user_that_is_not_root(stages):
    assert [int(number) > 0 for number in arguments_of(stages[-1], "USER")[-1].split(":")] == [True, True]


def test_only_the_build_stage_installs(stages):
    runs = " ".join(arguments_of(stages[-1], "RUN"))
    assert not re.search(r"apt-get|pip install|npm|curl|wget", runs)
    assert re.search(r"rm -rf /usr/local/bin/pip\*", runs)
    assert arguments_of(stages[-1], "COPY") == ["--from=build /opt/kubesplat /opt/kubesplat"]


def test_everything_that_writes_is_sent_to_tmp(stages, image):
    environment = dict(
        pair.split("=", 1) for line in arguments_of(stages[-1], "ENV") for pair in line.split()
    )
    written = {name: value for name, value in environment.items() if name == "HOME" or "CACHE" in name}
    assert {"HOME", "XDG_CACHE_HOME"} <= set(written)
    assert all(value.startswith("/tmp") for value in written.values())
    if "\nnumba==" in (image / "requirements.lock").read_text():
        assert "NUMBA_CACHE_DIR" in written
        # Else numba compiles anew what was compiled for another processor's name.
        build = " ".join(arguments_of(stages[1], "ENV"))
        assert f"NUMBA_CPU_NAME={environment['NUMBA_CPU_NAME']}" in build


def test_secrets_and_results_stay_out_of_the_build():
    lines = (IMAGES.parent / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    allowed = {pattern.removeprefix("!") for pattern in patterns[1:] if pattern.startswith("!")}
    assert allowed == {
        *("components", "pipelines", "demo_capture", "images"),
        *("pyproject.toml", "README.md", "LICENSE"),
    }
