"""Fields made to harm whoever reads them are refused, with the reason; nothing of them is executed.

Seals and digests have no key: whoever writes an artifact can compute them. So every document here is sealed as it
should be, and what protects the reader is what it asks of the content.
"""

from __future__ import annotations

import pickle
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from forging import BOUND, Canary, Forger, refused

from bridge.store.sealed import blake3_of

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
