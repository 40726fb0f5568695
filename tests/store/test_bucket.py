"""A bucket keeps the promises of a disk, and no secret leaves it."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.store.spaces import bucket as bucket_module
from bridge.store.spaces.account import connected
from bridge.store.spaces.bucket import Bucket
from bridge.store.spaces.space import MARKER, Damaged, Space, StoreUnusable, open_space

pytest.register_assert_rewrite("space_contract", "claim_contract")

from claim_contract import ClaimContract  # noqa: E402
from s3_server import KEY_ID, SECRET, line_to, moto, new_bucket, settings, use  # noqa: E402
from space_contract import SpaceContract  # noqa: E402
from space_programs import FOLDER, fresh, names  # noqa: E402


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def base(server: str) -> str:
    return f"s3://{new_bucket(server)}/some"


@pytest.fixture
def bucket(server: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    use(monkeypatch, settings(server, tmp_path))
    return Bucket(fresh(base))


class TestDisk(SpaceContract, ClaimContract):
    def everything(self, space: Space) -> list[str]:
        root = Path(space.address)
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


class TestBucket(SpaceContract, ClaimContract):
    @pytest.fixture
    def space(self, bucket: Bucket) -> Space:
        return bucket


# Addresses and secrets


def test_an_address_is_opened_with_and_without_a_prefix() -> None:
    assert Bucket("s3://my-bucket").where("a/b") == "s3://my-bucket/a/b"
    assert Bucket("s3://my-bucket/").address == "s3://my-bucket"
    assert open_space("s3://my-bucket/x/y/").address == "s3://my-bucket/x/y"


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///x", f"s3://{KEY_ID}:{SECRET}@bucket/x", "s3://b/../x", "s3://b/x?a=b"]
)
def test_an_address_that_is_more_than_a_place_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(StoreUnusable, match="s3://bucket/prefix and nothing else") as caught:
        Bucket(address)
    assert SECRET not in str(caught.value)


def all_of(reason: BaseException) -> str:
    """What is said of an error, and what travels with it: tblib, which Dask uses, pickles its whole past."""
    past = repr(reason.__context__) + repr(reason.__cause__)
    return "".join(traceback.format_exception(reason)) + repr(reason) + repr(pickle.dumps(reason)) + past


def test_a_secret_is_in_no_text_and_no_pickle(bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put("a", b"1")
    told = repr(bucket) + str(bucket) + repr(pickle.dumps(bucket)) + bucket.address + bucket.where("a")
    for status in (400, 403, 404):
        with line_to(server, lambda *_, status=status: status) as line:
            monkeypatch.setenv("AWS_ENDPOINT_URL", line)
            refused = Bucket(bucket.address)
            for ask in (
                refused.usable,
                lambda: refused.read("a"),  # noqa: B023
                lambda: refused.create("a", b""),  # noqa: B023
                lambda: refused.children("a"),  # noqa: B023
                lambda: refused.remove("a"),  # noqa: B023
            ):
                try:
                    ask()
                except (StoreUnusable, FileNotFoundError) as reason:
                    told += all_of(reason)
    assert "AccessDenied" in told
    assert SECRET not in told
    assert KEY_ID not in told


def test_a_profile_gives_credentials_endpoint_and_region(
    bucket: Bucket, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text(f"[lab]\naws_access_key_id={KEY_ID}\naws_secret_access_key = {SECRET}\n")
    (tmp_path / "config").write_text(f"[profile lab]\nregion = eu-west-3\nendpoint_url = {server}\n")
    monkeypatch.setenv("AWS_PROFILE", "lab")
    bucket.usable()
    bucket.put("a", b"1")
    assert connected(bucket.bucket).store.config["region"] == "eu-west-3"
    assert connected(bucket.bucket).store.config["access_key_id"] == KEY_ID
    assert SECRET not in repr(pickle.dumps(bucket)) + repr(bucket)
    monkeypatch.setenv("AWS_REGION", "eu-north-1")  # the environment comes first
    assert "region" not in connected(bucket.bucket).store.config or (
        connected(bucket.bucket).store.config["region"] == "eu-north-1"
    )


def test_a_profile_that_cannot_be_followed_is_refused(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_PROFILE", "lab")
    with pytest.raises(StoreUnusable, match="AWS_PROFILE names 'lab', which neither"):
        bucket.usable()
    (tmp_path / "config").write_text("[profile lab]\nsso_session = x\n")
    with pytest.raises(StoreUnusable, match=r"by sso_session, .*aws configure export-credentials"):
        bucket.usable()
    (tmp_path / "credentials").write_text(f"{SECRET}\n")
    with pytest.raises(StoreUnusable, match="is no list of profiles") as caught:
        bucket.usable()
    assert SECRET not in all_of(caught.value)


# Unusable


def test_a_bucket_that_is_not_there_says_how_to_make_it(bucket: Bucket) -> None:
    missing = Bucket("s3://no-such-bucket/x")
    with pytest.raises(
        StoreUnusable, match=r"has no bucket no-such-bucket\. Create it \(aws s3 mb s3://no-such-bucket"
    ):
        missing.usable()
    with pytest.raises(StoreUnusable, match="has no bucket"):
        missing.read("a")
    with pytest.raises(StoreUnusable, match="has no bucket"):
        missing.children("a")


def test_refused_credentials_say_what_to_set(bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with line_to(server, lambda *_: 403) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        with pytest.raises(StoreUnusable, match=r"refuses the credentials .*AccessDenied.* AWS_PROFILE"):
            bucket.usable()


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AWS_ENDPOINT_URL", "http://user:word@127.0.0.1:9/", r"nothing answers at http://127\.0\.0\.1:9, where"),
        ("AWS_ENDPOINT_URL", "user:word@my-server", r"is no address of a server\. Write https://host"),
        ("AWS_REGION", "over there", "AWS_REGION is 'over there', which is no region"),
    ],
)
def test_what_cannot_be_reached_is_named(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(StoreUnusable, match=says) as caught:
        bucket.usable()
    assert "word" not in str(caught.value)


def test_a_server_that_never_answers_is_given_up(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "_PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreUnusable, match="nothing answers at"):
            bucket.usable()


def test_what_is_no_s3_is_told(bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with line_to(server, lambda *_: 404) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        with pytest.raises(StoreUnusable, match="is no S3: the store"):
            bucket.usable()


def test_a_service_that_overwrites_where_it_was_asked_not_to_is_refused(
    bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line_to(server, lambda *_: "overwrite") as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        with pytest.raises(StoreUnusable, match="overwrites where it was asked not to"):
            bucket.usable()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    assert names(bucket, "") == []


def test_without_obstore_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['obstore'] = None\n"
        "from bridge.store.spaces.space import open_space\n"
        "try: open_space('s3://my-bucket/x').read('a')\n"
        "except Exception as reason: print(type(reason).__name__, reason)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == 'StoreUnusable a store in a bucket needs obstore: pip install "scalebridge[s3]".\n'


# Lost answers


@pytest.mark.parametrize("how", ["lose", "fail"])
def test_a_create_whose_answer_was_lost_is_not_taken_for_somebody_elses(
    bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    lost: list[str] = []

    def once(method: str, path: str) -> str:
        if method == "PUT" and not lost:
            lost.append(path)
            return how
        return "pass"

    with line_to(server, once) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        assert Bucket(bucket.address).create("a", b"1")
        assert len(lost) == 1
        assert not Bucket(bucket.address).create("a", b"1")


def test_a_commit_without_an_answer_keeps_what_the_marker_may_name(
    bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fate(method: str, path: str) -> str:
        return "drop" if path.endswith(MARKER) else "pass"

    with line_to(server, fate) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        cut = Bucket(bucket.address)
        with pytest.raises(StoreUnusable, match="nothing answers"), cut.attempt(FOLDER) as attempt:  # noqa: PT012
            attempt.put("c/0", b"12345")
            cut._kept = (os.getpid(), connected(cut.bucket, patience=2))  # not before: what is answered may take longer
            attempt.commit(MARKER, b"{}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    assert names(bucket) == [f"{FOLDER}/{attempt.prefix}c/0"]
    assert list(bucket.abandoned()) == [(f"{FOLDER}/{attempt.prefix.rstrip('/')}", 5)]


# Listing, large objects and logs


def test_a_folder_of_more_than_a_thousand_objects_is_listed_whole(bucket: Bucket) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: bucket.put(f"f/{i:04d}", b""), range(1003)))
    assert bucket.children("f") == [f"{i:04d}" for i in range(1003)]
    assert names(bucket, "f") == [f"f/{i:04d}" for i in range(1003)]
    bucket.remove_tree("f")
    assert bucket.children("f") == []


def test_an_object_sent_in_parts_arrives_whole(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "_PARTS", 20 * 2**20)
    content = os.urandom(21 * 2**20)
    bucket.put("large", content)
    assert bucket.read("large") == content


def test_a_second_writer_of_a_log_is_refused(bucket: Bucket) -> None:
    other = Bucket(bucket.address)
    bucket.append("log", b"1")
    other.append("log", b"2")
    with pytest.raises(StoreUnusable, match="is written by another process as well"):
        bucket.append("log", b"3")
    assert bucket.read_log("log") == b"12"


def test_a_log_is_listed_once_and_then_counted(bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(method: str, path: str) -> str:
        asked.append(method)
        return "pass"

    with line_to(server, noted) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line)
        writer = Bucket(bucket.address)
        for _ in range(5):
            writer.append("log", b"x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    assert asked == ["GET", *["PUT"] * 5]
    assert bucket.children("log") == [f"{i:08d}" for i in range(5)]


def test_a_log_that_lost_a_part_is_damaged(bucket: Bucket) -> None:
    for i in range(3):
        bucket.append("log", b"%d" % i)
    bucket.remove("log/00000001")
    with pytest.raises(Damaged, match="lacks its part 00000001"):
        bucket.read_log("log")
