"""A store in a bucket: S3 at Amazon, Ceph, MinIO or whoever answers, through obstore.

What a disk does by renaming a folder is done here by one conditional put: the objects of an attempt are written
under a name of their own, and the marker that is created last says which attempt is the artifact. Claims are leases.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from bridge.store.spaces.account import Client, connected, endpoint_name
from bridge.store.spaces.holding import leased_together
from bridge.store.spaces.lease import EXPIRY, lease_held, leased
from bridge.store.spaces.refusal import NO_BUCKET, raise_alone, refusal
from bridge.store.spaces.segments import read_segments, segments_of
from bridge.store.spaces.space import MARKER, Attempt, Damaged, Space, StoreUnusable, WrongSize, proper

_ADDRESS = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:/(?P<prefix>[^?#]*))?")
_ATTEMPT = re.compile(r"(?P<folder>.+?)/(?P<prefix>attempt-[0-9a-f]{32}/)")
#: What an object says of the call that created it, so that a call tried again knows its own.
_CREATOR = "scalebridge-creator"
#: Above this size an object is sent in parts; S3 takes up to 5 GB in one.
_PARTS = 64 * 2**20
#: So many objects are looked for one by one; for more, the folders they would be in are listed, a thousand a request.
_FEW = 256
#: Seconds in which a bucket must answer before anything is computed for it.
_PATIENCE = 10.0


class Bucket(Space):
    """A prefix of a bucket."""

    remote = attempts_within = leases = True

    def __init__(self, address: str) -> None:
        found = _ADDRESS.fullmatch(address)
        prefix = ((found and found["prefix"]) or "").strip("/")
        if found is None or (prefix and not proper(prefix)):  # not quoted: people write keys into addresses
            raise StoreUnusable(
                "an address of a bucket is s3://bucket/prefix and nothing else: credentials and endpoint "
                "come from the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …) or AWS_PROFILE."
            )
        self.bucket = found["bucket"]
        self.address = f"s3://{self.bucket}" + (f"/{prefix}" if prefix else "")
        self._prefix = f"{prefix}/" if prefix else ""
        self._kept: tuple[int, Client] | None = None
        self._logs: dict[str, _Log] = {}
        self._logs_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Bucket({self.address!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Bucket, (self.address,)

    def where(self, name: str) -> str:
        return f"{self.address}/{name}"

    def prepare(self) -> None:
        """Nothing: a bucket is made by whom it belongs to."""

    def keep_to(self, name: str) -> None:
        """Nothing: a service has one bucket of a name."""

    def usable(self) -> None:
        client = connected(self.bucket, patience=_PATIENCE)
        probe = f".probe-{uuid.uuid4().hex}"
        with self._asking(""):
            if not (self._create(client, probe, b"first") and not self._create(client, probe, b"second")):
                client.obstore.delete(client.store, self._path(probe))
                raise StoreUnusable(
                    f"the service behind {self.address} overwrites where it was asked not to (If-None-Match: *), "
                    "so two runs could destroy each other's results. Use a service that keeps that promise."
                )
            client.obstore.delete(client.store, self._path(probe))

    # Objects

    def read(self, name: str, limit: int | None = None) -> bytes:
        client = self._client()
        with self._asking(name):
            found = client.obstore.get(client.store, self._path(name))
            size = int(found.meta["size"])
            if limit is None or size <= limit:
                return bytes(found.bytes())
        raise WrongSize(f"{self.where(name)} has {size} bytes, expected at most {limit}.")

    def read_into(self, name: str, *parts: memoryview) -> None:
        client, expected = self._client(), sum(part.nbytes for part in parts)
        with self._asking(name):
            found = client.obstore.get(client.store, self._path(name))
            size = int(found.meta["size"])
            if size == expected:
                content = memoryview(found.bytes())
        if size != expected:
            raise WrongSize(f"{self.where(name)} has {size} bytes, expected {expected}.")
        at = 0
        for part in parts:
            if part.nbytes:
                part.cast("B")[:] = content[at : at + part.nbytes]
            at += part.nbytes

    def size(self, name: str) -> int | None:
        client = self._client()
        try:
            with self._asking(name):
                return int(client.obstore.head(client.store, self._path(name))["size"])
        except FileNotFoundError:
            return None

    def there(self, names: Collection[str]) -> set[str]:
        if len(names) <= _FEW:
            return super().there(names)
        shelves = {"/".join(parts[:2]) for name in names if len(parts := name.split("/")) > 2}  # artifacts/ab, plans/ab
        tops = {shelf.partition("/")[0] for shelf in shelves}
        known = {f"{top}/{child}".rstrip("/") for top in tops for child in self.children(top)}
        listed = self.abreast(lambda shelf: [name for name, _ in self.walk(shelf)], sorted(shelves & known))
        bare = [name for name in names if name.count("/") < 2]
        return super().there(bare) | set(names).intersection(itertools.chain.from_iterable(listed))

    def put(self, name: str, content: bytes | memoryview) -> None:
        client, view = self._client(), memoryview(content).cast("B")
        with self._asking(name):
            client.obstore.put(
                client.store,
                self._path(name),
                view,
                mode="overwrite",
                use_multipart=view.nbytes > _PARTS,
                chunk_size=_PARTS // 4,
            )

    def create(self, name: str, content: bytes) -> bool:
        client = self._client()
        with self._asking(name):
            return self._create(client, name, content)

    def _create(self, client: Client, name: str, content: bytes) -> bool:
        """Create an object; an answer that was lost on the way is not taken for somebody else's success."""
        path, creator = self._path(name), uuid.uuid4().hex
        try:
            client.obstore.put(client.store, path, content, mode="create", attributes={_CREATOR: creator})
            return True
        except client.obstore.exceptions.AlreadyExistsError:
            pass
        except client.obstore.exceptions.BaseError as reason:
            try:
                if self._creator(client, path) == creator:
                    return True
            except Exception:
                raise reason from None
            raise
        return self._creator(client, path) == creator

    @staticmethod
    def _creator(client: Client, path: str) -> str | None:
        try:
            found = client.obstore.get(client.store, path, options={"head": True})
        except FileNotFoundError:  # created by another, and removed since
            return None
        said = found.attributes.get(_CREATOR)
        return None if said is None else str(said)

    def remove(self, name: str) -> None:
        self._remove([name])

    def _remove(self, names: Iterable[str]) -> None:
        paths = [self._path(name) for name in names]
        client = self._client()
        with contextlib.suppress(FileNotFoundError), self._asking("objects"):
            if paths:
                client.obstore.delete(client.store, paths)

    # Folders

    def children(self, folder: str, hidden: bool = False) -> list[str]:
        client, path = self._client(), self._path(folder)
        with self._asking(folder):
            found = client.obstore.list_with_delimiter(client.store, path or None)
        start = len(path) + 1 if path else 0
        names = [str(meta["path"])[start:] for meta in found["objects"]]
        names += [f"{str(prefix)[start:].rstrip('/')}/" for prefix in found["common_prefixes"]]
        return sorted(name for name in names if name.strip("/") and (hidden or not name.startswith(".")))

    def walk(self, folder: str) -> Iterator[tuple[str, int]]:
        client, start = self._client(), len(self._prefix)
        found = []
        with self._asking(folder):
            for page in client.obstore.list(client.store, self._path(folder) or None, chunk_size=1000):
                found += [(str(meta["path"])[start:], int(meta["size"])) for meta in page]
        yield from sorted(found)

    def remove_tree(self, folder: str) -> None:
        names = [name for name, _ in self.walk(folder)]
        depth = folder.count("/") + 1
        self._remove(name for name in names if name.count("/") == depth)  # the marker: it is no artifact any more
        self._remove(name for name in names if name.count("/") != depth)

    # Logs

    def append(self, name: str, content: bytes, *, sync: bool = True) -> None:
        with self._logs_lock:
            log = self._logs.setdefault(name, _Log())
        with log.lock:
            if log.next is None:
                log.next = len(segments_of(self, name))
            segment = f"{name}/{log.next:08d}"
            try:
                created = self.create(segment, bytes(content))
            except BaseException:
                log.next = None  # it may or may not be there: look again
                raise
            if not created:
                raise StoreUnusable(
                    f"{self.where(name)} is written by another process as well, which took {segment}. "
                    "A log has one writer: end one of the two."
                )
            log.next += 1

    def read_log(self, name: str) -> bytes:
        return read_segments(self, name)

    # Artifacts and claims

    def attempt(self, folder: str) -> Attempt:
        return _Prefix(self, folder)

    def abandoned(self) -> Iterator[tuple[str, int]]:
        attempts: dict[tuple[str, str], int] = defaultdict(int)
        for shelf in ("artifacts", "blocks", "pyramids", "runs"):
            for name, size in self.walk(shelf):
                if found := _ATTEMPT.match(name):
                    attempts[found["folder"], found["prefix"]] += size
        imports = self._cut_off_imports()
        for (folder, prefix), gone in zip(attempts, self.abreast(self._is_abandoned, list(attempts)), strict=True):
            if gone and folder.split("/")[1] not in imports:
                yield f"{folder}/{prefix.rstrip('/')}", attempts[folder, prefix]
        yield from ((f"runs/{run}", size) for run, size in imports.items())

    def _cut_off_imports(self) -> dict[str, int]:
        """Runs whose mark of having been imported is there, and whose record, which comes last, will not come."""
        sizes: dict[str, dict[str, int]] = defaultdict(dict)
        for name, size in self.walk("runs"):
            run, inside, rest = name.removeprefix("runs/").partition("/")
            if inside:  # an object beside the runs is nobody's: `verify` names it
                sizes[run][rest] = size
        cut = [run for run, objects in sizes.items() if "imported.json" in objects and "run.json" not in objects]
        return {run: sum(sizes[run].values()) for run in cut if not lease_held(self, f"runs/{run}/lock", watch=EXPIRY)}

    def _is_abandoned(self, attempt: tuple[str, str]) -> bool:
        folder, prefix = attempt
        if self._named(folder, prefix):
            return False
        shelf, name = folder.split("/")[0], folder.split("/")[-1]
        claim = f"runs/{folder.split('/')[1]}/lock" if shelf == "runs" else f"claims/{name}"
        if lease_held(self, claim, watch=EXPIRY):
            return False
        return not self._named(folder, prefix)  # again: its writer may have committed just before it let go

    def _named(self, folder: str, prefix: str) -> bool:
        try:
            return prefix.encode() in self.read(f"{folder}/{MARKER}")
        except FileNotFoundError:
            return False

    def claim(
        self, name: str, *, waiting: Callable[[], None] | None = None, patience: float = float("inf")
    ) -> AbstractContextManager[None]:
        return leased(self, name, waiting=waiting, patience=patience)

    def hold(self, names: Sequence[str]) -> AbstractContextManager[set[str]]:
        return leased_together(self, names)

    def claimed(self, name: str) -> bool:
        return lease_held(self, name)

    # Requests

    def _client(self) -> Client:
        """The client of this process: one does not survive a fork."""
        kept = self._kept
        if kept is None or kept[0] != os.getpid():
            if kept is not None:
                self._logs, self._logs_lock = {}, threading.Lock()
            self._kept = kept = (os.getpid(), connected(self.bucket))
        return kept[1]

    def _path(self, name: str) -> str:
        if name and not proper(name):
            raise Damaged(f"{name!r} is no name of an object in {self.address}.")
        return (self._prefix + name).rstrip("/")

    @contextlib.contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """Say what a refusal means; obstore's own words, which may quote a key, stay here."""
        try:
            yield
        except (StoreUnusable, Damaged):
            raise
        except BaseException as reason:
            if isinstance(reason, FileNotFoundError) and name and NO_BUCKET not in str(reason):
                raise_alone(FileNotFoundError(errno.ENOENT, "No such object", self.where(name)))
            if isinstance(reason, Exception) or type(reason).__name__ == "PanicException":  # of obstore's Rust
                raise_alone(StoreUnusable(refusal(self.address, self.bucket, endpoint_name(), reason)))
            raise


class _Log:
    """Where a log goes on; None before it was looked at."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.next: int | None = None


class _Prefix(Attempt):
    """Objects under a prefix of their own, which the marker names."""

    def __init__(self, bucket: Bucket, folder: str) -> None:
        self._bucket, self._folder = bucket, folder
        self.prefix = f"attempt-{uuid.uuid4().hex}/"
        self._written: list[str] = []
        self._over = False

    def put(self, name: str, content: bytes | memoryview) -> None:
        full = f"{self._folder}/{self.prefix}{name}"
        self._written.append(full)
        self._bucket.put(full, content)

    def commit(self, marker: str, content: bytes) -> bool:
        self._over = True  # also if no answer comes: the marker may be there, and needs what it names
        if self._bucket.create(f"{self._folder}/{marker}", content):
            return True
        self._over = False
        self.drop()
        return False

    def drop(self) -> None:
        if not self._over:
            self._over = True
            self._bucket._remove(self._written)
