import io

import pytest
from rich.console import Console

from pipelines.cli.display.status import show_runs
from pipelines.cli.display.tables import Column, print_table
from pipelines.client.runs import Run

IDS = ["642460b2-3875-4e1f-afe5-76ad935b253d", "beff06e8-5f4a-476a-9cc4-6985a5f3166a"]
COLUMNS = (
    Column("stage"),
    Column("state"),
    Column("time", drops=2, numeric=True),
    Column("retries", drops=1, numeric=True),
    Column("cause", wraps=True),
)
CAUSE = "no A10G: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector (for 12m00s)"
ROWS = [("sfm", "done", "1m10s", "0", ""), ("train", "waiting for a node", "0s", "1", CAUSE)]


def printed(show, width=None):
    """On a terminal of so many columns; without a width into a pipe."""
    console = Console(file=io.StringIO(), width=width, force_terminal=width is not None, color_system=None)
    show(console)
    return console.file.getvalue().splitlines()


def runs():
    names = ["noise 8361acc9", "Run of photos-to-sog (c0254) with a rather long name"]
    return [Run(id, name, "RUNNING", None, None, {}, "") for id, name in zip(IDS, names, strict=True)]


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 120, None])
def test_an_id_is_whole_and_nothing_is_wider_than_the_terminal(width):
    lines = printed(lambda console: show_runs(runs(), console), width)
    for id in IDS:
        assert any(line.startswith(id) for line in lines)
    assert "…" not in "".join(lines)
    assert width is None or max(map(len, lines)) <= width


def test_in_a_pipe_every_row_is_one_line_without_blanks_at_its_end():
    lines = printed(lambda console: print_table(COLUMNS, ROWS, console))
    assert len(lines) == 3
    assert lines[1].split() == ["sfm", "done", "1m10s", "0"]
    assert lines[2].endswith(CAUSE)
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [30, 100, None])
def test_what_looks_like_markup_is_printed_as_it_is(width):
    cause = "unready containers: [main]\nimage a:100:b [/bold]"
    lines = printed(
        lambda console: print_table(COLUMNS, [("train", "failed", "", "", cause)], console), width
    )
    words = " ".join(lines).split()
    assert words[-6:] == ["unready", "containers:", "[main]", "image", "a:100:b", "[/bold]"]
    assert width == 30 or len(lines) == 2


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (120, ["stage", "state", "time", "retries", "cause"]),
        (56, ["stage", "state", "time", "cause"]),
        (43, ["stage", "state", "cause"]),
        (30, ["sfm"]),
    ],
)
def test_columns_give_way_in_their_order(width, header):
    lines = printed(lambda console: print_table(COLUMNS, ROWS, console), width)
    assert lines[0].split() == header
    assert max(map(len, lines)) <= width


def test_numbers_of_a_stacked_row_are_named():
    lines = printed(lambda console: print_table(COLUMNS, ROWS, console), 30)
    assert [line.rstrip() for line in lines[:2]] == ["sfm", "  done  time 1m10s  retries 0"]


def test_a_column_without_content_is_left_out():
    lines = printed(lambda console: print_table(COLUMNS, [("sfm", "waiting", "", "", "")], console), 80)
    assert [line.split() for line in lines] == [["stage", "state"], ["sfm", "waiting"]]
