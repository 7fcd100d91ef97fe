import queue
import threading
import urllib.error
import urllib.request

import pytest

from pipelines.cli.commands.view import serve_page


@pytest.fixture
def address():
    ready = queue.Queue()
    options = {"port": 0, "open_browser": False, "on_ready": ready.put}
    threading.Thread(target=serve_page, args=(b"<html>scene",), kwargs=options, daemon=True).start()
    return ready.get(timeout=10)


def test_the_page_is_served_to_this_machine(address):
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.read() == b"<html>scene"


def test_nothing_else_is_served(address):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{address}etc/passwd", timeout=10)
