"""A bucket as the place of a delivery: object by object, the manifest last."""

import hashlib
import json

import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from projects.data import deliveries
from projects.data.connectors import saved
from projects.data.deliveries import object_store, targets
from projects.data.deliveries.kept_files import NotWritten
from projects.data.deliveries.shipment import Target
from projects.errors import Refused
from projects.models import Delivery
from tests.support import make
from tests.support.projects.delivering import delivered
from tests.support.projects.exporting import gallery

__all__ = ["gallery"]  # a fixture


@pytest.fixture
def memory(monkeypatch):
    """A file system of fsspec's that is a bucket to the target."""
    system = fsspec.filesystem("memory", skip_instance_cache=True, global_store=False)
    bucket = Target("bucket", "Into a bucket", lambda project: ("ours",), object_store.into(system, "/ours/out"))
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

    def away(*args, **terms):
        raise PermissionError("AKIAIOSFODNN7EXAMPLE may not")

    monkeypatch.setattr(memory, "open", away)
    failed = delivered(gallery, format="coco", media=True, target="bucket", place="ours")
    assert (failed.state, failed.fault) == ("failed", "not-writable") and "AKIA" not in failed.reason
    monkeypatch.undo()
    assert Delivery.objects.count() == 2 and len(memory.glob("/ours/out/*/manifest.json")) == 1


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


@pytest.fixture
def s3(settings):
    """A bucket on a server of this machine, which the operator allows by plain http."""
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    system = s3fs.S3FileSystem(
        endpoint_url=f"http://{host}:{port}", key="AKIA", secret="s", skip_instance_cache=True, use_listings_cache=False
    )
    system.mkdir("labels")
    yield system
    server.stop()


def given(system: s3fs.S3FileSystem, **more: str) -> dict[str, str]:
    return {"endpoint": system.endpoint_url, "bucket": "labels", "key": "AKIA", "secret": "s"} | more


@pytest.mark.slow
def test_a_kept_bucket_takes_deliveries_and_no_other_organization_may_choose_it(cast, gallery, s3, settings):
    saved.add(cast.riverside, "s3", "Labels", given(s3, prefix="out/"), by=cast.mina)
    saved.add(cast.riverside, "s3", "To read from", given(s3) | {"key": "", "secret": ""}, by=cast.mina)
    offered = [(target.key, place) for target, place in targets.places(gallery)]
    assert offered == [("download", ""), ("bucket", "Labels (labels/out/)")], "without a key nothing can be written"
    assert ("bucket", "Labels (labels/out/)") not in [
        (target.key, place) for target, place in targets.places(make.project(cast.hilltop))
    ]
    with pytest.raises(Refused) as unknown:
        deliveries.order(gallery, by=cast.mina, format="coco", target="bucket", place="Lables")
    assert unknown.value.text.endswith(": Labels (labels/out/).")
    with pytest.raises(Refused) as misnamed:
        saved.add(cast.riverside, "s3", "Other", given(s3, path="out/"), by=cast.mina)
    assert (misnamed.value.code, misnamed.value.place) == ("unknown-setting", "path")
    kept = cast.riverside.connectors.get(name="Labels")
    assert {targets.meant(gallery, "bucket", one) for one in ("Labels", str(kept.public_id))} == {
        "Labels (labels/out/)"
    }
    made = delivered(gallery, cast.mina, format="coco", media=True, target="bucket", place=str(kept.public_id))
    assert (made.state, made.place) == ("done", "Labels (labels/out/)"), made.reason
    (manifest,) = s3.glob("labels/out/*/manifest.json")
    said = json.loads(s3.cat_file(manifest))
    for one in said["files"]:
        data = s3.cat_file(f"{manifest.removesuffix('manifest.json')}data/{one['name']}")
        assert hashlib.sha256(data).hexdigest() == one["sha256"]
    settings.OUTBOUND = []
    refused = delivered(gallery, cast.mina, target="bucket", place="Labels (labels/out/)")
    assert (refused.state, refused.fault) == ("failed", "outbound-off")
    saved.end(cast.riverside.connectors.get(name="Labels"))
    with pytest.raises(Refused) as gone:
        deliveries.order(gallery, by=cast.mina, format="coco", target="bucket", place="Labels (labels/out/)")
    assert gone.value.code == "place-not-allowed"
