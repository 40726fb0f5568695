"""No bit of an artifact changes, goes or comes unseen."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from checked import damage

from bridge.store.artifact import Artifact
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Damaged

Stored = tuple[Artifact, dict[str, Any]]


def objects(artifact: Artifact) -> list[str]:
    return sorted(artifact.objects)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def port_of(artifact: Artifact, path: str) -> tuple[str, ...]:
    name = path.split("/")[0]
    parts = name.split(".")
    return (parts[0],) if parts[0] in ("atoms", "table", "picture") else tuple(parts)


@dataclass(frozen=True)
class Small:
    rate: Annotated[float, "1/s"]
    name: str


def test_every_single_flipped_bit_of_a_small_artifact_is_seen(store: Any, put: Any) -> None:
    artifact, _ = put(store, Small(1.5e-05, "Å"))
    assert list(artifact.objects) == []  # it is all in one file
    seen_to_be_damaged(artifact, range(8 * (Path(artifact.where) / "zarr.json").stat().st_size))


def test_a_flipped_bit_of_the_group_is_seen(stored: Stored) -> None:
    artifact, _ = stored
    size = (Path(artifact.where) / "zarr.json").stat().st_size
    seen_to_be_damaged(artifact, map(int, np.random.default_rng(4).integers(8 * size, size=500)))


def seen_to_be_damaged(artifact: Artifact, bits: Iterable[int]) -> None:
    path = Path(artifact.where) / "zarr.json"
    content = path.read_bytes()
    for bit in bits:
        path.write_bytes(flipped(content, bit))
        with pytest.raises(Damaged, match=r"zarr\.json was changed"):
            Artifact(artifact.space, artifact.folder)
    path.write_bytes(content)
    assert damage(Artifact(artifact.space, artifact.folder)) == []


def test_a_flipped_bit_of_any_object_is_seen_when_its_value_is_read(stored: Stored) -> None:
    artifact, _ = stored
    random = np.random.default_rng(3)
    assert len(objects(artifact)) >= 10
    for name in objects(artifact):
        path = Path(artifact.where) / name
        content = path.read_bytes()
        for bit in random.integers(8 * len(content), size=20):
            path.write_bytes(flipped(content, int(bit)))
            with pytest.raises(Damaged) as refused:
                artifact.value(port_of(artifact, name))
            assert str(path) in str(refused.value)
            assert "run the flow again" in str(refused.value)
        assert [line for line in damage(artifact) if str(path) not in line] == []
        assert len(damage(artifact)) == 1
        path.write_bytes(content)


def test_only_the_damaged_value_is_lost(stored: Stored) -> None:
    artifact, values = stored
    chunk = next(name for name in objects(artifact) if name.startswith("field/c"))
    (Path(artifact.where) / chunk).write_bytes(b"")
    assert artifact.value(("number",)) == values["number"]
    with pytest.raises(Damaged):
        artifact.value(("field",))


@pytest.mark.parametrize("harm", ["missing", "truncated", "longer"])
def test_an_object_of_another_size_is_named(stored: Stored, harm: str) -> None:
    artifact, _ = stored
    for name in objects(artifact):
        path = Path(artifact.where) / name
        content = path.read_bytes()
        if harm == "missing":
            path.unlink()
        else:
            path.write_bytes(content[:-1] if harm == "truncated" else content + b"\0")
        (said,) = damage(artifact)
        assert str(path) in said
        assert ("missing" in said) == (harm == "missing")
        with pytest.raises(Damaged):
            artifact.value(port_of(artifact, name))
        path.write_bytes(content)


def test_an_extra_object_is_named(stored: Stored) -> None:
    artifact, _ = stored
    (Path(artifact.where) / "field" / "c" / "7").mkdir()
    (Path(artifact.where) / "field" / "c" / "7" / "7").write_bytes(b"stray")
    (said,) = damage(artifact)
    assert said.startswith(f"{artifact.where}/field/c/7/7 extra")


def test_an_artifact_without_its_group_is_no_artifact(stored: Stored, store: Any) -> None:
    artifact, _ = stored
    (Path(artifact.where) / "zarr.json").unlink()
    assert not store.has(artifact.key)
    with pytest.raises(Damaged, match="no artifact"):
        Artifact(artifact.space, artifact.folder)


def test_damage_is_damage_after_a_journey_through_pickle(stored: Stored, tmp_path: Path) -> None:
    import pickle

    artifact, _ = stored
    copy = Path(shutil.copytree(artifact.where, tmp_path / "copy"))
    (copy / "zarr.json").write_text("{}")
    with pytest.raises(Damaged) as refused:
        Artifact(Disk(tmp_path), "copy")
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
