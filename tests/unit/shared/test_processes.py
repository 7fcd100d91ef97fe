import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from components.shared.processes import follow_file, follow_output, on_signals, start_process

WAIT = "import time; time.sleep(60)"
GROUP = (
    "import subprocess, sys;"
    f"print(subprocess.Popen([sys.executable, '-c', '{WAIT}']).pid, flush=True); {WAIT}"
)


def python(code):
    return [sys.executable, "-c", code]


def is_running(process_id):
    try:
        with open(f"/proc/{process_id}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_ended(process_id):
    deadline = time.monotonic() + 60
    while is_running(process_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(process_id)


def test_piped_lines_are_followed_and_the_log_has_the_rest(tmp_path):
    code = "import sys; print('one'); print('two'); print('problem', file=sys.stderr); sys.exit(3)"
    lines = []
    with start_process(python(code), log=tmp_path / "logs" / "log", pipe_output=True) as child:
        assert follow_output(child, lines.append) == 3
    assert lines == ["one", "two"]
    assert (tmp_path / "logs" / "log").read_text() == "problem\n"


def test_whole_lines_of_a_file_are_followed_until_the_child_ends(tmp_path):
    (tmp_path / "lines").write_text("zero\n")
    code = f"open({str(tmp_path / 'lines')!r}, 'a').write('one\\ntwo\\nunfinished'); print('said')"
    lines = []
    with start_process(python(code), log=tmp_path / "log") as child:
        assert follow_file(child, tmp_path / "lines", lines.append) == 0
    assert lines == ["zero", "one", "two"]
    assert (tmp_path / "log").read_text() == "said\n"


def test_the_environment_is_the_given_one(tmp_path):
    code = "import os; print(os.environ['KUBESPLAT_PLACE'])"
    environment = {**os.environ, "KUBESPLAT_PLACE": "here"}
    with start_process(python(code), log=tmp_path / "log", environment=environment) as child:
        child.wait()
    assert (tmp_path / "log").read_text() == "here\n"


def test_a_process_ends_with_the_block(tmp_path):
    with start_process(python(WAIT), log=tmp_path / "log") as child:
        assert child.poll() is None
    assert child.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_all_processes_of_a_group_end_with_the_block(tmp_path):
    with start_process(python(GROUP), log=tmp_path / "log", pipe_output=True, new_group=True) as child:
        assert os.getpgid(child.pid) == child.pid
        grandchild = int(child.stdout.readline())
    assert child.returncode == -signal.SIGKILL
    assert wait_until_ended(grandchild)


def test_a_process_has_time_to_clean_up(tmp_path):
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
        "print('ready', flush=True); time.sleep(60)"
    )
    with start_process(
        python(code), log=tmp_path / "log", pipe_output=True, new_group=True, grace_seconds=60
    ) as child:
        assert child.stdout.readline() == "ready\n"
    assert child.returncode == 7


@pytest.mark.parametrize("new_group", [False, True])
def test_a_child_ends_with_a_parent_that_was_killed(tmp_path, new_group):
    child_code = (
        "import os, time; from components.shared.processes import end_with_parent; end_with_parent();"
        "print(os.getpid(), flush=True); time.sleep(60)"
    )
    parent_code = (
        "import sys; from pathlib import Path; from components.shared.processes import start_process\n"
        f"with start_process([sys.executable, '-c', {child_code!r}], log=Path({str(tmp_path / 'log')!r}),"
        f" pipe_output=True, new_group={new_group}) as child:\n"
        "    print(child.stdout.readline(), end='', flush=True); child.wait()\n"
    )
    with subprocess.Popen(python(parent_code), stdout=subprocess.PIPE, text=True) as parent:
        child_id = int(parent.stdout.readline())
        assert is_running(child_id)
        parent.kill()
    assert wait_until_ended(child_id)


def test_a_handler_holds_for_the_block():
    before = signal.getsignal(signal.SIGUSR1)
    received = []
    with on_signals([signal.SIGUSR1, signal.SIGUSR2], received.append):
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
    assert received == [signal.SIGUSR1, signal.SIGUSR2]
    assert signal.getsignal(signal.SIGUSR1) == before


def test_a_handler_may_raise():
    def interrupt(number):
        raise SystemExit(128 + number)

    with pytest.raises(SystemExit) as caught, on_signals([signal.SIGTERM], interrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_other_threads_run_the_block_without_a_handler():
    before = signal.getsignal(signal.SIGUSR1)
    found = []

    def work():
        with on_signals([signal.SIGUSR1], lambda _: None):
            found.append(signal.getsignal(signal.SIGUSR1))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]
