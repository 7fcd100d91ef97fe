import os
import subprocess
import sys
from pathlib import Path

import pytest

KUBESPLAT = Path(sys.executable).with_name("kubesplat")
PLAIN_LINES = """
from rich.console import Console
from pipelines.cli.closed_pipe import quiet_closed_pipe
from pipelines.cli.failure import readable_failures
from pipelines.cli.display.run_progress import open_display

with quiet_closed_pipe(), readable_failures(False), open_display(Console(highlight=False)) as display:
    for stage in ("ingest", "sfm"):
        event = {"time": 0.0, "stage": stage, "phase": "start", "fraction": 0.0, "note": ""}
        event["starts_pace"] = False
        display.show(event)
    print("it went on", file=__import__("sys").stderr)
"""
OTHER_PIPE = """
import os
import typer
from pipelines.cli.closed_pipe import quiet_closed_pipe
from pipelines.cli.failure import readable_failures

read, write = os.pipe()
os.close(read)
try:
    with quiet_closed_pipe(), readable_failures(False):
        os.write(write, b"x")
except typer.Exit as end:
    raise SystemExit(end.exit_code) from None
"""


def run_without_reader(*command, **environment):
    """As `COMMAND | true` runs it, once `true` has ended."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            command, stdout=write, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
    finally:
        os.close(write)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["status", "--help"]])
def test_a_command_that_nobody_reads_ends_without_a_word(arguments):
    ended = run_without_reader(KUBESPLAT, *arguments)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_so_does_the_display_of_progress():
    ended = run_without_reader(sys.executable, "-c", PLAIN_LINES)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_another_pipe_that_breaks_is_a_failure():
    ended = subprocess.run([sys.executable, "-c", OTHER_PIPE], capture_output=True, text=True)
    assert ended.returncode == 5
    assert "broken pipe" in ended.stderr


@pytest.mark.parametrize(("stream", "encoding"), [("stdout", "ascii"), ("stderr", "latin-1")])
def test_a_character_that_a_terminal_cannot_show_is_replaced(stream, encoding):
    code = "from pipelines.cli.closed_pipe import ready_streams; ready_streams(); "
    code += f"print('✗ x', file=sys.{stream})"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}"], capture_output=True, env=environment
    )
    assert (ended.returncode, getattr(ended, stream)) == (0, b"? x\n")


def test_closed_streams_fail_nothing():
    code = "from pipelines.cli.closed_pipe import ready_streams; ready_streams(); "
    code += "import sys; print(input, 'x'); print(sys.stderr.isatty(), file=sys.stderr)"
    ended = subprocess.run(f'"{sys.executable}" -c "{code}" <&- >&- 2>&-', shell=True)
    assert ended.returncode == 0
