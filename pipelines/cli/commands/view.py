"""`kubesplat view`: a scene in the browser."""

from __future__ import annotations

import tempfile
import webbrowser
import zipfile
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.failure import wrong_usage
from pipelines.cli.options import common

if TYPE_CHECKING:
    from components.evaluate.look_at import LookAt
    from components.shared.splats import Splats


def view(
    scene: Annotated[
        Path,
        typer.Argument(metavar="SCENE", help="A scene of any format, a viewer.html, or the folder of a run."),
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine. 0: any free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
    debug: common.Debug = False,
) -> None:
    """Show a scene in the browser. It is served to this machine only, until Ctrl-C.

    kubesplat view out/demo

    kubesplat view scene.sog --no-open --port 8000
    """
    from pipelines.cli.failure import readable_failures

    with readable_failures(debug):
        page = viewer_page(scene.expanduser())
        with suppress(KeyboardInterrupt):  # Ctrl-C is the normal end
            serve_page(page, port=port, open_browser=not no_open, on_ready=typer.echo)


def viewer_page(scene: Path) -> bytes:
    """The HTML of a run's folder, of a viewer.html, or of a scene in any format.

    Raises:
        InputError: the scene is missing, of another kind, or damaged.
        StorageError: PlayCanvas' viewer is not installed.
    """
    from components.shared.errors import InputError
    from components.shared.run_layout import VIEWER
    from components.shared.scene_files.read_scene import INDEX_NAMES

    if (scene / VIEWER).is_file():
        return (scene / VIEWER).read_bytes()
    if scene.suffix.lower() == ".html" and scene.is_file():
        return scene.read_bytes()
    if scene.is_dir() and not any((scene / name).is_file() for name in INDEX_NAMES):
        raise InputError(
            f"{scene} holds neither a {VIEWER} nor a meta.json",
            remedy="Give the output folder of a run that succeeded, or a scene: .sog, .ply, .spz, .glb.",
        )
    return _build(scene)


def _build(scene: Path) -> bytes:
    from components.compress.settings import CompressSettings
    from components.compress.write_sog import write_sog
    from components.evaluate.viewer.build import ViewerPage, build_viewer
    from components.shared.scene_files.read_scene import read_scene

    splats = read_scene(scene)
    with tempfile.TemporaryDirectory() as folder:
        sog, page = scene, Path(folder) / "viewer.html"
        if not _is_bundled_sog(scene):
            sog = Path(folder) / "scene.sog"
            write_sog(splats, sog, CompressSettings())
        look = _initial_look(splats)
        build_viewer(sog, page, ViewerPage(title=scene.stem, initial=look, antialiased=splats.antialiased))
        return page.read_bytes()


def _is_bundled_sog(scene: Path) -> bool:
    """Whether the viewer takes the file as it is: a zip with meta.json and WebP textures at its top."""
    if not zipfile.is_zipfile(scene):
        return False
    with zipfile.ZipFile(scene) as archive:
        names = archive.namelist()
    return "meta.json" in names and all(Path(name).suffix in (".json", ".webp") for name in names)


def _initial_look(splats: Splats) -> LookAt:
    """From the front and slightly above, far enough to see most of the scene."""
    import numpy as np

    from components.evaluate.look_at import LookAt

    center = np.median(splats.means, axis=0).astype(np.float64)
    radius = float(np.quantile(np.linalg.norm(splats.means - center, axis=1), 0.8))
    return LookAt(center + radius * np.array([0.0, -0.6, -2.0]), center, tan_x=0.6, tan_y=0.45)


def serve_page(page: bytes, *, port: int, open_browser: bool, on_ready: Callable[[str], None]) -> None:
    """Serve `page` at / on the loopback address until interrupted; call `on_ready` with the address.

    Raises:
        BadParameter: the port is taken, or may not be used.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(page))
    except OSError as error:
        raise wrong_usage(
            f"port {port} cannot be used: {error.strerror}; 0 takes any free one", "--port"
        ) from error
    with server:
        address = f"http://127.0.0.1:{server.server_port}/"
        on_ready(address)
        if open_browser:
            webbrowser.open(address)
        server.serve_forever()


def _handler(page: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0] != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            pass  # requests are not logged

    return Handler
