"""Documents made to harm whoever reads them are refused, with the reason; nothing of them is executed.

Seals and digests have no key: whoever writes an artifact can compute them. So every document here is sealed as it
should be, and what protects the reader is what it asks of the content.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from checked import damage
from forging import KEY, Forger, refused

from bridge.store.sealed import digest, spelled
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store

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


Case = tuple[Callable[[Forger], Any], str, str]

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
    (said,) = damage(artifact)
    assert "canary missing" in said  # it is there, but nobody looked


def test_an_artifact_that_is_a_link_out_of_its_store_is_refused(forger: Forger, store: Store) -> None:
    elsewhere = forger.folder.parents[3] / "elsewhere"
    forger.folder.rename(elsewhere)
    forger.folder.symlink_to(elsewhere, target_is_directory=True)
    refused(lambda: store.open(KEY), r"is reached through a symbolic link: a store holds none")
    forger.folder.unlink()
    forger.folder.mkdir()
    (forger.folder / "zarr.json").symlink_to(elsewhere / "zarr.json")
    refused(lambda: store.open(KEY), r"is a symbolic link: a store holds none")
