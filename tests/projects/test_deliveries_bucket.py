"""A bucket as the place of a delivery: object by object, the manifest last."""

import hashlib
import json

import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from projects.data.deliveries import object_store, targets
from projects.data.deliveries.kept_files import NotWritten
from projects.errors import Refused
from projects.models import Delivery
from tests.support.projects.delivering import delivered
from tests.support.projects.exporting import gallery

__all__ = ["gallery"]  # a fixture


@pytest.fixture
def memory(monkeypatch):
    """A file system of fsspec's that is a bucket to the target."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    bucket = targets.Target(
        "bucket", "Into a bucket", lambda project: ("ours",), object_store.into(system, "/ours/out")
    )
    monkeypatch.setitem(targets.TARGETS, "bucket", bucket)
    return system


def test_a_delivery_lies_in_the_bucket_with_its_manifest(gallery, memory):
    made = delivered(gallery, format="coco", media=True, target="bucket", place="ours")
    assert made.state == "done", made.reason
    (manifest,) = memory.glob("/ours/out/*/manifest.json")
    root = manifest.removesuffix("manifest.json")
    said = json.loads(memory.cat_file(manifest))
    assert len(said["files"]) == made.files == 6
    for one in said["files"]:
        assert hashlib.sha256(memory.cat_file(f"{root}data/{one['name']}")).hexdigest() == one["sha256"]


def test_one_that_fails_has_no_manifest_and_is_made_again(cast, gallery, memory, monkeypatch):
    delivered(gallery, format="coco", media=True, target="bucket", place="ours")

    def away(path, *args, **terms):
        raise PermissionError("AKIAIOSFODNN7EXAMPLE may not")

    real = memory.open
    monkeypatch.setattr(type(memory), "open", lambda self, path, *args, **terms: away(path))
    failed = delivered(gallery, format="coco", media=True, target="bucket", place="ours")
    assert (failed.state, failed.fault) == ("failed", "not-writable") and "AKIA" not in failed.reason
    monkeypatch.undo()
    assert real and Delivery.objects.count() == 2 and len(memory.glob("/ours/out/*/manifest.json")) == 1


def test_nothing_is_kept_of_an_object_that_cannot_be_made(memory):
    def pieces():
        yield b"half"
        raise Refused("The picture is gone.", code="media-gone")

    with pytest.raises(Refused):
        object_store._send(memory, "/ours/half.bin", pieces())
    assert not memory.exists("/ours/half.bin")


@pytest.mark.slow
def test_s3_takes_large_objects_in_parts_and_keeps_no_half():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        terms = {"endpoint_url": f"http://{host}:{port}", "key": "k", "secret": "s", "skip_instance_cache": True}
        system = s3fs.S3FileSystem(**terms)
        system.mkdir("ours")
        large = [bytes([at]) * 1024 * 1024 for at in range(20)]
        object_store._send(system, "ours/out/large.bin", large)
        assert system.cat_file("ours/out/large.bin") == b"".join(large)

        def cut_off():
            yield from large
            raise Refused("Gone.", code="media-gone")

        with pytest.raises(Refused):
            object_store._send(system, "ours/out/half.bin", cut_off())
        system.invalidate_cache()
        assert not system.exists("ours/out/half.bin")
        with pytest.raises(NotWritten) as refused:
            object_store._send(system, "nowhere/out/x.bin", [b"x"])
        assert refused.value.code == "not-writable"
    finally:
        server.stop()
