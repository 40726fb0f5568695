"""No bit of a pyramid changes unseen: what is damaged is made anew, and no wrong number is ever shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from stored_fields import KEY, a_map, folder, opened, put, whole

from bridge.scales.pyramid import pyramid
from bridge.store.pyramids.kept import Kept
from bridge.store.pyramids.levels import WHATS, FieldLevels
from bridge.store.pyramids.opening import levels_of
from bridge.store.pyramids.subject import subject_of
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def numbers(levels: FieldLevels) -> list[np.ndarray]:
    return [whole(levels, number, what) for number in range(len(levels.levels)) for what in WHATS]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.fixture
def kept(store: Store) -> Path:
    """A pyramid in the store, and where it is."""
    put(store, a_map(shape=(40, 50)))
    opened(store)
    return Path(store.address) / folder()


def test_hundreds_of_flipped_bits_never_give_a_wrong_number(store: Store, kept: Path) -> None:
    subject, random, seen = subject_of(store.open(KEY), ("field",)), np.random.default_rng(7), 0
    shapes = subject.shapes
    for path in sorted(path for path in kept.rglob("*") if path.is_file()):
        name, before = path.relative_to(kept).parts, path.read_bytes()
        what, level = (name[0], name[1]) if name[0] in WHATS else ("mean", name[0])
        if level == "zarr.json" and len(name) == 2:  # of a group between the arrays: we do not read it
            continue
        number = int(level) if level.isdigit() else 0
        for bit in random.integers(8 * len(before), size=12):
            flip(path, int(bit))
            with pytest.raises(Damaged, match="was changed"):
                Kept(store.space, folder(), subject).read(number, what, tuple(slice(0, n) for n in shapes[number]))
            seen += 1
        path.write_bytes(before)
    assert seen > 300


def test_what_was_flipped_is_made_anew_and_told_of(store: Store, kept: Path) -> None:
    sound = numbers(levels_of(store, KEY, ("field",)))
    for name in ("zarr.json", "0/zarr.json", "0/c/1/1", "minimum/1/c/0/0", "missing/2/c/0/0"):
        before = (kept / name).read_bytes()
        flip(kept / name, 8 * (len(before) // 2))
        said: list[str] = []
        levels = levels_of(store, KEY, ("field",), said.append)
        assert same(numbers(levels), sound)
        levels.settle()
        assert "is damaged, and is made anew" in said[0]
        assert (kept / name).read_bytes() == before


def test_a_flipped_bit_is_seen_by_whoever_has_it_open(store: Store, kept: Path) -> None:
    levels = levels_of(store, KEY, ("field",))
    sound = numbers(levels)
    for path in [path for path in sorted(kept.rglob("c/*/*")) if path.is_file()][::4]:
        flip(path, 77)
        assert same(numbers(levels), sound)
        levels.settle()
        assert levels.stored


@pytest.mark.parametrize("what", ["gone", "empty", "cut", "longer", "marker", "folder", "another"])
def test_what_is_gone_or_cut_is_made_anew(store: Store, kept: Path, what: str) -> None:
    levels = levels_of(store, KEY, ("field",))
    sound, chunk = numbers(levels), next(path for path in kept.rglob("0/c/*/*") if path.is_file())
    content = chunk.read_bytes()
    if what == "gone":
        chunk.unlink()
    elif what == "marker":
        (kept / "zarr.json").unlink()
    elif what == "folder":
        shutil.rmtree(kept)
    elif what == "another":
        shutil.rmtree(kept)
        put(store, a_map(5, (40, 50)), "cd" + "0" * 62)
        opened(store, "cd" + "0" * 62)
        shutil.copytree(
            Path(store.address) / folder("cd" + "0" * 62), kept
        )  # sound in itself, and not the one asked for
    else:
        chunk.write_bytes({"empty": b"", "cut": content[:-9], "longer": content + b"\0"}[what])
    again = levels_of(store, KEY, ("field",))
    assert same(numbers(again), sound)
    assert same(numbers(levels), sound)
    again.settle()
    assert chunk.read_bytes() == content


def test_a_damaged_artifact_is_not_covered_up(store: Store, kept: Path) -> None:
    shutil.rmtree(kept)
    artifact = Path(store.address) / f"artifacts/{KEY[:2]}/{KEY}/field/c/0/0"
    flip(artifact, 1234)
    with pytest.raises(Damaged, match="was changed after it was committed"):
        levels_of(store, KEY, ("field",))
    assert not kept.exists()


def test_a_damaged_pyramid_below_is_made_in_ones_own_store(tmp_path: Path) -> None:
    shared = Store(tmp_path / "shared")
    put(shared, a_map())
    opened(shared)
    (tmp_path / "shared" / folder() / "0/c/0/0").unlink()
    before = dict(shared.space.walk(""))
    mine = Store(tmp_path / "mine", shared.address)
    levels = levels_of(mine, KEY, ("field",))
    assert levels.stored
    np.testing.assert_array_equal(whole(levels, 0), a_map().field)
    levels.settle()
    assert (tmp_path / "mine" / folder() / "zarr.json").exists()
    assert dict(shared.space.walk("")) == before
    np.testing.assert_array_equal(
        whole(levels_of(mine, KEY, ("field",)), 1), pyramid(a_map().field, (0, 1)).levels[1].mean
    )
