"""Ceph keeps what a store in a bucket relies on: conditional puts first of all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.store.spaces.bucket import Bucket
from bridge.store.spaces.space import MARKER, Space, StoreUnusable

pytest.register_assert_rewrite("space_contract", "claim_contract")

from claim_contract import ClaimContract  # noqa: E402
from radosgw import PACKAGES, Gateway, missing, radosgw  # noqa: E402
from s3_server import settings, use  # noqa: E402
from space_contract import SpaceContract  # noqa: E402
from space_programs import FOLDER, fresh, names  # noqa: E402

pytestmark = pytest.mark.science


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    if absent := missing():
        pytest.skip(f"not shown: Ceph is not here ({', '.join(absent)}); as root: apt-get install {PACKAGES}")
    with radosgw() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def base(gateway: Gateway) -> str:
    return f"s3://{gateway.new_bucket()}/some"


@pytest.fixture
def bucket(gateway: Gateway, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    use(monkeypatch, settings(gateway.endpoint, tmp_path, gateway.key_id, gateway.secret))
    return Bucket(fresh(base))


class TestRadosgw(SpaceContract, ClaimContract):
    @pytest.fixture
    def space(self, bucket: Bucket) -> Space:
        return bucket


def test_of_sixteen_threads_that_create_one_name_one_wins_every_time(bucket: Bucket) -> None:
    with ThreadPoolExecutor(16) as threads:
        for trial in range(50):
            won = list(threads.map(lambda i, name=f"n{trial}": bucket.create(name, b"%d" % i), range(16)))
            assert sum(won) == 1
            assert bucket.read(f"n{trial}") == b"%d" % won.index(True)


def test_a_folder_of_more_than_a_thousand_objects_is_listed_and_removed_whole(bucket: Bucket) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: bucket.put(f"f/{i:04d}", b""), range(1003)))
    assert bucket.children("f") == [f"{i:04d}" for i in range(1003)]
    assert names(bucket, "f") == [f"f/{i:04d}" for i in range(1003)]
    bucket.remove_tree("f")
    assert bucket.children("f") == []


def test_a_chunk_and_an_object_in_parts_arrive_whole(bucket: Bucket) -> None:
    for size in (16 * 2**20, 65 * 2**20):
        content = os.urandom(size)
        with bucket.attempt(FOLDER) as attempt:
            attempt.put("c/0", memoryview(content))
            assert attempt.commit(MARKER, json.dumps({"at": attempt.prefix}).encode())
        room = bytearray(size)
        bucket.read_into(f"{FOLDER}/{attempt.prefix}c/0", memoryview(room))
        assert room == content
        bucket.remove_tree(FOLDER)


def test_wrong_credentials_and_missing_buckets_are_told_apart(
    bucket: Bucket, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreUnusable, match=r"has no bucket no-such-bucket\. Create it"):
        Bucket("s3://no-such-bucket/x").usable()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StoreUnusable, match=r"refuses the credentials .*SignatureDoesNotMatch") as caught:
        Bucket(bucket.address).usable()
    assert gateway.key_id not in str(caught.value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NOBODY")
    with pytest.raises(StoreUnusable, match=r"refuses the credentials .*InvalidAccessKeyId"):
        Bucket(bucket.address).usable()
