"""Artifacts made to harm whoever reads them are refused, with the reason; nothing of them is executed.

Seals and digests have no key: whoever writes an artifact can compute them. So every document here is sealed as it
should be, and what protects the reader is what it asks of the content.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from ase import Atoms
from ase.constraints import FixAtoms
from numpy.typing import NDArray

from bridge import File, Picture
from bridge.errors import BridgeError
from bridge.store.artifact import Artifact
from bridge.store.events import line_of
from bridge.store.runs import Run
from bridge.store.sealed import blake3_of, digest, sealed, spelled
from bridge.store.spaces.space import Damaged
from bridge.store.store import IDENTITY, Store

#: Bytes that reading what is refused may take at most; the bombs below would take 10^5 times as much.
BOUND = 8 * 2**20
KEY = "ab" + "0" * 62
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass(frozen=True)
class Victim:
    number: Annotated[float, "K"]
    small: Annotated[NDArray[np.float64], "K", ("n",)]
    field: Annotated[NDArray[np.float64], "K", ("x", "y")]
    atoms: Atoms
    table: File
    picture: Picture


@pytest.fixture
def artifact(store: Store, put: Any) -> Artifact:
    structure = Atoms("Cu200", positions=np.zeros((200, 3)))
    structure.set_constraint(FixAtoms([0]))
    structure.info = {"spins": np.arange(3.0)}
    zeros = np.zeros((30, 40))
    made: Artifact = put(store, Victim(1.0, np.arange(3.0), zeros, structure, File(b"a,b"), Picture(PNG, "image/png")))[
        0
    ]
    return made


class Forger:
    """Changes an artifact as somebody who can compute every digest would."""

    def __init__(self, artifact: Artifact) -> None:
        self.folder = Path(artifact.where)
        document = json.loads((self.folder / "zarr.json").read_text())
        self.content: dict[str, Any] = document["attributes"]["scalebridge"]
        self.ports, self.objects = self.content["ports"], self.content["objects"]

    def write(self, name: str, content: bytes) -> None:
        """Replace or add an object, and say so in the manifest."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.objects[name] = [len(content), blake3_of(content)]

    def metadata(self, name: str, **changed: Any) -> None:
        """Change what an array's own document says."""
        found = json.loads((self.folder / name / "zarr.json").read_text())
        self.write(f"{name}/zarr.json", json.dumps(found | changed).encode())

    def array(self, name: str, shape: list[int], chunks: list[int], **changed: Any) -> None:
        """Change an array's shape, wherever it is told."""
        grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
        self.metadata(name, shape=shape, chunk_grid=grid, **changed)
        self.ports[name]["shape"] = shape

    def seal(self) -> Artifact:
        """Write the document down; the artifact, opened."""
        group = {"zarr_format": 3, "node_type": "group"}
        attributes = {"scalebridge": self.content, "seal": digest(self.content)}
        return self.written(spelled(group | {"attributes": attributes}))

    def written(self, document: bytes) -> Artifact:
        (self.folder / "zarr.json").write_bytes(document)
        store = self.folder.parents[2]
        return Artifact(Store(store).space, str(self.folder.relative_to(store)))


@pytest.fixture
def forger(artifact: Artifact) -> Forger:
    return Forger(artifact)


class Canary:
    """Unpickled, it writes a file."""

    path = ""

    def __reduce__(self) -> Any:
        return (Path.write_text, (Path(Canary.path), "I was executed"))


@pytest.fixture(autouse=True)
def canary(tmp_path: Path) -> Any:
    """Nothing here may execute what an artifact holds."""
    path = tmp_path / "canary"
    Canary.path = str(path)
    pickle.loads(pickle.dumps(Canary()))
    assert path.exists()  # it sings
    path.unlink()
    yield path
    assert not path.exists()


def refused(read: Callable[[], Any], reason: str) -> str:
    """Read, and be refused for a reason, without taking room."""
    tracemalloc.start()
    try:
        with pytest.raises(BridgeError, match=reason) as caught:
            read()
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    return str(caught.value)


# Fields

#: What is done to an artifact, which port is read then, and the reason it is refused for.
Case = tuple[Callable[[Forger], None], str, str]


def pickled(forger: Forger) -> None:
    forger.write("field/c/0/0", pickle.dumps(Canary()))
    forger.metadata("field", codecs=[{"name": "numcodecs.pickle", "configuration": {}}])


def pickled_after_bytes(forger: Forger) -> None:
    forger.write("field/c/0/0", pickle.dumps(Canary()))
    forger.metadata("field", codecs=[{"name": "bytes"}, {"name": "numcodecs.pickle"}])


def objects(forger: Forger) -> None:
    forger.write("field/c/0/0", pickle.dumps(Canary()))
    forger.metadata("field", data_type="object")
    forger.ports["field"]["dtype"] = "object"


def objects_by_metadata(forger: Forger) -> None:
    forger.metadata("field", data_type={"name": "numcodecs.object"})


def other_type(forger: Forger) -> None:
    forger.metadata("field", data_type="int64")


def other_shape(forger: Forger) -> None:
    forger.metadata("field", shape=[40, 30])


def transformed(forger: Forger) -> None:
    forger.metadata("field", storage_transformers=[{"name": "exec"}])


def unknown_field(forger: Forger) -> None:
    forger.metadata("field", must_understand={"name": "exec"})


def vast(forger: Forger) -> None:
    forger.array("field", [10**7, 10**7], [10**7, 10**7])


def vast_in_pieces(forger: Forger) -> None:
    forger.array("field", [10**9, 1], [1, 1])


def vast_and_empty(forger: Forger) -> None:
    forger.array("field", [0, 10**14], [1, 1])
    del forger.objects["field/c/0/0"]


def vast_beyond_numbers(forger: Forger) -> None:
    forger.array("field", [0, 10**30], [1, 1])
    del forger.objects["field/c/0/0"]


def many_sides(forger: Forger) -> None:
    forger.array("field", [1] * 70, [1] * 70)


def negative_shape(forger: Forger) -> None:
    forger.array("field", [-30, 40], [30, 40])


def no_number_shape(forger: Forger) -> None:
    forger.array("field", [30, 1e14], [30, 40])  # type: ignore[list-item]


def no_chunk(forger: Forger) -> None:
    forger.array("field", [30, 40], [0, 40])


def frame(content: bytes, says: int) -> bytes:
    """A zstd frame whose header says what it unpacks to; then a block (RFC 8878, section 3.1.1)."""
    return b"\x28\xb5\x2f\xfd" + bytes([0xC0 | 0x20]) + struct.pack("<Q", says) + content


def repeated(byte: int, count: int, last: bool = True) -> bytes:
    """A block of one byte, many times; at most 128 KiB unpacked in four bytes."""
    return (int(last) | 1 << 1 | count << 3).to_bytes(3, "little") + bytes([byte])


def bomb(says: int) -> Callable[[Forger], None]:
    """64 KiB that unpack to 2 GiB; the header says what it likes."""

    def work(forger: Forger) -> None:
        forger.write("field/c/0/0", frame(repeated(0, 2**17, last=False) * 2**14 + repeated(0, 1), says))
        forger.metadata("field", codecs=[{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 1}}])

    return work


def longer(forger: Forger) -> None:
    """More than what is asked for can be packed into."""
    forger.write("field/c/0/0", bytes(2**22))
    forger.metadata("field", codecs=[{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 1}}])


def two_frames(forger: Forger) -> None:
    one = frame(repeated(0, 9600), 9600)
    forger.write("field/c/0/0", one + frame(repeated(0, 2**17), 2**17) * 1000)
    forger.metadata("field", codecs=[{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 1}}])


def silent_frame(forger: Forger) -> None:
    """Its header does not say what it unpacks to."""
    forger.write("field/c/0/0", b"\x28\xb5\x2f\xfd\x00\x88" + repeated(0, 2**17) * 100)
    forger.metadata("field", codecs=[{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 1}}])


def huge_metadata(forger: Forger) -> None:
    forger.metadata("field", attributes={"x": "a" * 2**21})


def deep_metadata(forger: Forger) -> None:
    forger.write("field/zarr.json", b'{"a":' * 10**5)


def double_metadata(forger: Forger) -> None:
    found = (forger.folder / "field/zarr.json").read_text().strip()
    forger.write("field/zarr.json", found[:-1].encode() + b',"shape": [1]}')


def unlisted(forger: Forger) -> None:
    del forger.objects["field/zarr.json"]


def outside(forger: Forger) -> None:
    """A field whose objects are in a folder of somebody else's."""
    place = forger.folder.parents[3] / "elsewhere"
    (forger.folder / "field").rename(place)
    for name in ("zarr.json", "c/0/0"):
        forger.objects[f"../../../../elsewhere/{name}"] = forger.objects.pop(f"field/{name}")
    forger.ports["field"]["object"] = "../../../../elsewhere"


def absolute(forger: Forger) -> None:
    forger.objects["/etc/zarr.json"] = [10, "0" * 64]
    forger.ports["field"]["object"] = "/etc"


def linked_file(forger: Forger) -> None:
    """The link's own size is what the manifest says, so that it is opened."""
    path = forger.folder / "field/c/0/0"
    content = path.read_bytes()
    elsewhere = forger.folder.parents[3] / "elsewhere"
    elsewhere.write_bytes(content)
    path.unlink()
    path.symlink_to(elsewhere)
    size = path.lstat().st_size
    elsewhere.write_bytes(content[:size])
    forger.objects["field/c/0/0"] = [size, blake3_of(content[:size])]
    forger.metadata("field", codecs=[{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 1}}])


def linked_folder(forger: Forger) -> None:
    elsewhere = forger.folder.parents[3] / "elsewhere"
    (forger.folder / "field").rename(elsewhere)
    (forger.folder / "field").symlink_to(elsewhere, target_is_directory=True)


FIELDS: list[Case] = [
    (pickled, "field", r"does not describe the float64 array"),
    (pickled_after_bytes, "field", r"does not describe the float64 array"),
    (objects, "field", r"'object' is no type that a store holds"),
    (objects_by_metadata, "field", r"does not describe the float64 array"),
    (other_type, "field", r"does not describe the float64 array"),
    (other_shape, "field", r"does not describe the float64 array of shape \[30, 40\]"),
    (transformed, "field", r"does not describe the float64 array"),
    (unknown_field, "field", r"does not describe the float64 array"),
    (vast, "field", r"declares 8e\+14 bytes \(stored in \d+\), more than the .* that are free"),
    (vast_in_pieces, "field", r"has 1 chunks, its shape \(1000000000, 1\) needs 1000000000"),
    (vast_beyond_numbers, "field", r"does not describe the float64 array"),
    (many_sides, "field", r"does not describe the float64 array"),
    (negative_shape, "field", r"does not describe the float64 array"),
    (no_number_shape, "field", r"does not describe the float64 array"),
    (no_chunk, "field", r"does not describe the float64 array"),
    (bomb(2**31 + 1), "field", r"unpacks to 2147483649 bytes, expected 9600"),
    (bomb(9600), "field", r"cannot be unpacked"),
    (longer, "field", r"has 4194304 bytes, expected at most 75211"),
    (two_frames, "field", r"cannot be unpacked"),
    (silent_frame, "field", r"unpacks to None bytes, expected 9600"),
    (huge_metadata, "field", r"has \d+ bytes, expected at most 1048576"),
    (deep_metadata, "field", r"cannot be read: "),
    (double_metadata, "field", r"the name 'shape' stands twice in it"),
    (unlisted, "field", r"is not in the manifest"),
    (outside, "field", r"is no name of an object in"),
    (absolute, "field", r"is no name of an object in"),
    (linked_file, "field", r"is a symbolic link: a store holds none"),
    (linked_folder, "field", r"is reached through a symbolic link: a store holds none"),
]


@pytest.mark.parametrize(("harm", "port", "reason"), FIELDS, ids=[f"{n}-{c[0].__name__}" for n, c in enumerate(FIELDS)])
def test_a_hostile_field_is_refused(forger: Forger, harm: Any, port: str, reason: str) -> None:
    harm(forger)
    artifact = forger.seal()
    said = refused(lambda: artifact.value((port,)), reason)
    assert str(forger.folder.parents[2]) in said  # it names the place
    assert artifact.value(("number",)) == 1.0  # and takes no other value along


def test_an_empty_field_takes_no_time_however_long_its_other_side(forger: Forger) -> None:
    """Its chunks are none, but the numbers of one side would fill any memory."""
    vast_and_empty(forger)
    artifact = forger.seal()
    tracemalloc.start()
    try:
        assert artifact.value(("field",)).shape == (0, 10**14)
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()


# What stands in the document


def told(port: str, **said: Any) -> Callable[[Forger], None]:
    def change(forger: Forger) -> None:
        forger.ports[port].update(said)

    return change


def told_of_atoms(name: str, value: Any) -> Callable[[Forger], None]:
    def change(forger: Forger) -> None:
        forger.ports["atoms"]["rest"][name] = value

    return change


def deep(levels: int) -> Any:
    thing: Any = 1
    for _ in range(levels):
        thing = {"!tuple": [thing]}
    return thing


VALUES: list[Case] = [
    (told("number", value="0; import os"), "number", r"a float cannot be '0; import os'"),
    (told("number", value={"a": 1}), "number", r"a float cannot be \{'a': 1\}"),
    (told("number", value=True), "number", r"a float cannot be True"),
    (told("number", kind="exec"), "number", r"is not what its artifact declares"),
    (told("small", dtype="object"), "small", r"'object' is no type that a store holds"),
    (told("small", dtype="O"), "small", r"'O' is no type that a store holds"),
    (told("small", dtype=["f8"]), "small", r"is not what its artifact declares"),
    (told("small", dtype="<U1000000000"), "small", r"is no type that a store holds"),
    (told("small", shape=[10**14]), "small", r"cannot reshape"),
    (told("small", shape=[3, 1]), "small", r"its shape is \(3, 1\), its dimensions are n"),
    (told("small", value=[{}, 1, 2]), "small", r"is not what its artifact declares \(TypeError"),
    (told("atoms", parts={}), "atoms", r"is not what its artifact declares \(KeyError: 'numbers'"),
    (told("atoms", rest="abc"), "atoms", r"is not what its artifact declares \(AttributeError"),
    (told_of_atoms("calculator", {"name": "vasp"}), "atoms", r"is not what its artifact declares"),
    (told_of_atoms("constraints", [{"name": "os.system", "kwargs": {}}]), "atoms", r"not what its artifact declares"),
    (told_of_atoms("constraints", [{"name": "FixAtoms", "kwargs": {"a": 1}}]), "atoms", r"TypeError"),
    (told_of_atoms("info", {"!array": ["O", [1], [1]]}), "atoms", r"with 1 of 'O', which no store holds"),
    (told_of_atoms("info", {"!array": ["V9", [1], [1]]}), "atoms", r"with 1 of 'V9', which no store holds"),
    (told_of_atoms("info", {"!array": ["<U500000000", [9], ["a"] * 9]}), "atoms", r"which no store holds"),
    (told_of_atoms("info", {"!array": [[["a", "O"]], [1], [1]]}), "atoms", r"which no store holds"),
    (told_of_atoms("info", {"!array": ["<f8", [10**14], [1.0]]}), "atoms", r"cannot reshape"),
    (told_of_atoms("info", {"!pickle": "gASV"}), "atoms", r"'!pickle', which is unknown here"),
    (told_of_atoms("info", {"!dict": [[[1], 2]]}), "atoms", r"unhashable type"),
    (told_of_atoms("info", {"!float": "x"}), "atoms", r"could not convert string to float"),
    (told_of_atoms("info", {"!complex": [1, 2, 3]}), "atoms", r"TypeError"),
    (told("table", media_type=7), "table", r"its media type is 7"),
    (told("picture", media_type="text/html"), "picture", r"a Picture holds a PNG or an SVG"),
]


@pytest.mark.parametrize(("harm", "port", "reason"), VALUES, ids=range(len(VALUES)))
def test_a_hostile_value_is_refused(forger: Forger, harm: Any, port: str, reason: str) -> None:
    harm(forger)
    artifact = forger.seal()
    refused(lambda: artifact.value((port,)), reason)


def test_values_however_deep_are_read_or_refused(forger: Forger) -> None:
    seen = set()
    for levels in range(100, 500, 20):
        told_of_atoms("info", {"deep": deep(levels)})(forger)
        try:
            artifact = forger.seal()
        except (RecursionError, Damaged):  # the first of the forger's own
            break
        try:
            artifact.value(("atoms",))
            seen.add("read")
        except Damaged:
            seen.add("refused")
    assert "read" in seen


# Documents


def renamed(port: str) -> Callable[[Forger], bytes]:
    def change(forger: Forger) -> bytes:
        forger.ports[port] = forger.ports.pop("number")
        return resealed(forger)

    return change


def of_content(**changed: Any) -> Callable[[Forger], bytes]:
    def change(forger: Forger) -> bytes:
        forger.content.update(changed)
        return resealed(forger)

    return change


def resealed(forger: Forger) -> bytes:
    attributes = {"scalebridge": forger.content, "seal": digest(forger.content)}
    return spelled({"zarr_format": 3, "node_type": "group", "attributes": attributes})


def twice(forger: Forger) -> bytes:
    return resealed(forger).replace(b'"schema": 2', b'"schema": 2, "schema": 1')


def not_a_number(forger: Forger) -> bytes:
    forger.ports["number"]["value"] = 123456789.5
    return resealed(forger).replace(b"123456789.5", b"NaN")


def infinite(forger: Forger) -> bytes:
    forger.ports["number"]["value"] = 123456789.5
    return resealed(forger).replace(b"123456789.5", b"1e999")


def long_number(forger: Forger) -> bytes:
    return resealed(forger).replace(b'"schema": 2', b'"schema": ' + b"9" * 10**5)


def nested(forger: Forger) -> bytes:
    return resealed(forger).replace(b'"schema": 2', b'"schema": ' + b"[" * 10**5 + b"]" * 10**5)


def no_text(forger: Forger) -> bytes:
    return b"\x80" + resealed(forger)


DOCUMENTS: list[tuple[Callable[[Forger], bytes], str]] = [
    (twice, r"the name 'schema' stands twice in it"),
    (not_a_number, r"zarr\.json was changed after it was committed \(Out of range float values"),
    (infinite, r"zarr\.json was changed after it was committed \(Out of range float values"),
    (long_number, r"zarr\.json was changed after it was committed \(.*digits"),
    (nested, r"recursion"),
    (no_text, r"zarr\.json was changed after it was committed \(.*decode"),
    (lambda _: b"", r"zarr\.json was changed after it was committed"),
    (lambda _: b"[]", r"it holds no JSON object"),
    (lambda _: b'{"attributes": 7}', r"zarr\.json was changed after it was committed"),
    (renamed("../../../evil"), r"does not describe an artifact"),
    (renamed("<script>"), r"does not describe an artifact"),
    (of_content(ports=[]), r"does not describe an artifact"),
    (of_content(about=None), r"does not describe an artifact"),
    (of_content(objects={"a": [True, "x"]}), r"does not describe an artifact"),
    (of_content(objects={"a": [1.5, "x"]}), r"does not describe an artifact"),
    (of_content(objects={"a": "b"}), r"does not describe an artifact"),
    (of_content(schema="2"), r"does not describe an artifact"),
    (of_content(schema=3), r"has schema 3, this scalebridge reads 2: upgrade"),
]


@pytest.mark.parametrize(("harm", "reason"), DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_hostile_document_is_refused(forger: Forger, harm: Any, reason: str) -> None:
    document = harm(forger)
    refused(lambda: forger.written(document), reason)


def test_documents_however_deep_are_read_or_refused(forger: Forger) -> None:
    """What can just be read may be too deep to be written again, which the seal asks for."""
    for levels in range(100, 1200, 50):
        document = resealed(forger).replace(b'"schema": 2', b'"schema": ' + b"[" * levels + b"]" * levels)
        with pytest.raises(Damaged):
            forger.written(document)


def test_what_the_manifest_says_outside_is_not_read_by_a_check(forger: Forger) -> None:
    forger.objects["../../../../canary"] = [1, "0" * 64]
    artifact = forger.seal()
    (said,) = artifact.verify()
    assert "'artifacts/ab/" in said
    assert "is no name of an object in" in said


def test_an_artifact_that_is_a_link_out_of_its_store_is_refused(forger: Forger, store: Store) -> None:
    elsewhere = forger.folder.parents[3] / "elsewhere"
    forger.folder.rename(elsewhere)
    forger.folder.symlink_to(elsewhere, target_is_directory=True)
    refused(lambda: store.open(KEY), r"is reached through a symbolic link: a store holds none")
    forger.folder.unlink()
    forger.folder.mkdir()
    (forger.folder / "zarr.json").symlink_to(elsewhere / "zarr.json")
    refused(lambda: store.open(KEY), r"is a symbolic link: a store holds none")


# Aliases, records, and what names the store


PLAN = "cd" + "0" * 62


@pytest.mark.parametrize("leads_to", ["../../../../elsewhere", "", 7, None, ["a"], "AB" * 32, KEY + "/.."])
def test_an_alias_that_leads_elsewhere_is_none(artifact: Artifact, store: Store, leads_to: Any) -> None:
    store.alias(PLAN, KEY)
    assert store.planned(PLAN) == KEY
    for document in (sealed({"content": leads_to}), json.dumps({"content": leads_to}).encode(), sealed({"x": 1})):
        store.space.put(f"plans/cd/{PLAN}.json", document)
        assert store.planned(PLAN) is None


@pytest.mark.parametrize("document", [b"{}", b"[]", b"", sealed({}), sealed({"schema": "9"}), b"{" * 4000, b" " * 5000])
def test_a_store_that_does_not_say_which_it_is_is_refused(store: Store, document: bytes) -> None:
    store.prepare()
    store.space.put(IDENTITY, document)
    refused(lambda: Store(store.address).prepare(), rf"{IDENTITY} (cannot be read|was changed|has 5000|does not say)")


RECORD = {"schema": 2, "id": "r", "flow": "f", "parameters": {}, "stages": [], "edges": [], "started": "2026"}
RECORDS: list[tuple[bytes, str]] = [
    (sealed(RECORD | {"id": "../r"}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"parameters": [1]}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"stages": ["a"]}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"stages": {"a": 1}}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"edges": 7}, 1), r"is not the record of run r"),
    (sealed(RECORD | {"schema": "x"}, 1).replace(b'"seal"', b'"sael"'), r"was changed after it was written"),
    (sealed(RECORD, 1).replace(b'"flow"', b'"id": "r", "flow"'), r"the name 'id' stands twice in it"),
    (sealed(RECORD | {"cost": 1.5}, 1).replace(b"1.5", b"NaN"), r"Out of range float values"),
    (b'{"id": ' + b"[" * 10**5, r"recursion"),
]


@pytest.mark.parametrize(("document", "reason"), RECORDS, ids=range(len(RECORDS)))
def test_a_hostile_record_is_a_damaged_run_with_the_reason(store: Store, document: bytes, reason: str) -> None:
    store.prepare()
    store.space.put("runs/r/run.json", document)
    run = Run(store, "r")
    assert run.state == "damaged"
    assert re.search(reason, run.about["failure"])


def test_a_stage_named_like_a_path_shows_its_pictures_in_the_home_alone(
    artifact: Artifact, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.inspect.stored import to_look_at

    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    names = [f"{tmp_path}/canary", "../../../canary", "..", "a/b"]
    store.space.put(
        "runs/r/run.json", sealed(RECORD | {"state": "completed", "stages": [{"name": n} for n in names]}, 1)
    )
    for number, name in enumerate(names, 1):
        entry = {"seq": number, "stage": name, "state": "found", "key": KEY, "at": "2026"}
        store.space.append("runs/r/events.jsonl", line_of(entry))
    shown = to_look_at(Run(store, "r"))["pictures"]
    assert len(shown) == 4
    assert all(Path(path).resolve().parent == tmp_path / "home" / "shown" / "r" for path in shown)
    assert all(Path(path).read_bytes() == PNG for path in shown)


def test_a_stage_whose_key_is_a_path_is_refused(store: Store) -> None:
    store.prepare()
    store.space.put("runs/r/run.json", sealed(RECORD, 1))
    for number, key in enumerate(["../../../../elsewhere", "", KEY + "/..", "/etc", 7, ["a"]], 1):
        entry = {"seq": number, "stage": f"s{number}", "state": "found", "key": key, "at": "2026"}
        store.space.append("runs/r/events.jsonl", line_of(entry))
    for line in (
        b'{"seq": "x", "stage": ["y"], "state": {}}',
        b'{"seq": NaN, "sum": "0"}',
        b"[" * 10**5,
        b"7",
        b"\xff",
    ):
        store.space.append("runs/r/events.jsonl", line + b"\n")
    run = Run(store, "r")
    assert list(run) == ["s1", "s2", "s3", "s4"]  # the others are no events
    for stage in run:
        refused(lambda stage=stage: run[stage], r"is no name of an object in")


# Room

HUNGRY = """
import resource, sys, tracemalloc
from bridge.errors import BridgeError
from bridge.store.artifact import Artifact
from bridge.store.spaces.disk import Disk
from bridge.store.runs import Run
from bridge.store.store import Store
disk, what = Disk(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]), int(sys.argv[3])))
try:
    if what == "run":
        raise BridgeError(Run(Store(disk), "r").about["failure"])
    Artifact(disk, what).value(("field",))
except BridgeError as reason:
    print("refused:", reason)
"""


def in_little_room(store: Path, what: str, room: int = 2**30) -> str:
    """Open something in a process that may have no more than ``room`` bytes of addresses."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", HUNGRY, str(store), what, str(room)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(path, "wb") as file:
        file.truncate(size)


def test_a_document_of_a_terabyte_is_not_read(forger: Forger) -> None:
    store, folder = forger.folder.parents[2], f"artifacts/ab/{KEY}"
    sparse(forger.folder / "zarr.json", 2**40)
    assert "has 1099511627776 bytes, expected at most 67108864" in in_little_room(store, folder)
    sparse(store / "runs" / "r" / "run.json", 2**40)
    assert "has 1099511627776 bytes, expected at most 67108864" in in_little_room(store, "run")


def test_a_chunk_of_a_terabyte_is_not_read(forger: Forger) -> None:
    """Its manifest may say so: the chunk's shape does not, nor what it unpacks to."""
    store, folder = forger.folder.parents[2], f"artifacts/ab/{KEY}"
    sparse(forger.folder / "field/c/0/0", 2**40)
    forger.objects["field/c/0/0"] = [2**40, "0" * 64]
    forger.seal()
    assert "refused: " in in_little_room(store, folder)
