"""A second run to a prefix in a real S3 server: what it does not make goes, what others stored stays."""

from components.publish.conclude import delete_run_state
from components.publish.published_files import keep_list, listed_files, remove_outdated
from components.shared.contracts.report import Report
from components.shared.storage import open_storage, put_json

LISTED = {"scene.sog": 2, "scene.glb": 2, "lod/lod-meta.json": 2}


def test_files_that_the_first_run_listed_and_the_second_does_not_make_are_deleted(s3):
    output = f"{s3.uri}/out/castle"
    storage = open_storage(output)
    for name in (*LISTED, "lod/mine.json", "notes.txt"):
        storage.write_bytes(name, b"PK")
    put_json(storage, "report.json", Report(status="succeeded", files=LISTED).to_json())
    delete_run_state(output, resume=False)
    assert listed_files(storage) == set(LISTED)
    keep_list(storage, ["scene.spz"])
    storage.write_bytes("scene.spz", b"PK")
    assert remove_outdated(storage, ["scene.sog", "scene.spz"]) == ["lod/lod-meta.json", "scene.glb"]
    left = [name for name in storage.list_names() if not name.startswith(".kubesplat/")]
    assert left == ["lod/mine.json", "notes.txt", "scene.sog", "scene.spz"]
