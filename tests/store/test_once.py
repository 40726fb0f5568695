"""A look at a space asks it for nothing twice, keeps the promises of every space, and forgets what was written over."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any

import pytest

pytest.register_assert_rewrite("space_contract")

from space_contract import SpaceContract  # noqa: E402

from bridge.store.spaces.disk import Disk  # noqa: E402
from bridge.store.spaces.once import Once  # noqa: E402
from bridge.store.spaces.space import MARKER, Damaged, Space  # noqa: E402


class Counted(Disk):
    """A disk that counts what it is asked."""

    def __init__(self, root: Any) -> None:
        super().__init__(root)
        self.asked: Counter[str] = Counter()

    def read(self, name: str, limit: int | None = None) -> bytes:
        self.asked[f"read {name}"] += 1
        return super().read(name, limit)

    def size(self, name: str) -> int | None:
        self.asked[f"size {name}"] += 1
        return super().size(name)

    def children(self, folder: str, hidden: bool = False) -> list[str]:
        self.asked[f"children {folder}"] += 1
        return super().children(folder, hidden)


@pytest.fixture
def counted(space: Disk) -> Counted:
    return Counted(space.address)


def test_what_is_asked_twice_is_one_question(counted: Counted) -> None:
    counted.put(f"artifacts/ab/{MARKER}", b"document")
    once = Once(counted)
    for _ in range(3):
        assert once.size(f"artifacts/ab/{MARKER}") == 8  # of a document that is read next
        assert once.read(f"artifacts/ab/{MARKER}", 8) == b"document"
        room = bytearray(8)
        once.read_into(f"artifacts/ab/{MARKER}", memoryview(room)[:3], memoryview(room)[3:])
        assert room == b"document"
        assert once.children("artifacts/ab") == [MARKER]
        assert once.size("runs/a/run.json") is None
        assert once.size("nothing") is None
        with pytest.raises(FileNotFoundError):
            once.read("nothing")
        with pytest.raises(Damaged, match="expected at most 7"):
            once.read(f"artifacts/ab/{MARKER}", 7)
    assert set(counted.asked.values()) == {1}, counted.asked


def test_large_objects_are_not_remembered_and_what_is_written_is_seen(counted: Counted) -> None:
    counted.put("large", bytes(2**20 + 1))
    once = Once(counted)
    for _ in range(2):
        assert len(once.read("large")) == 2**20 + 1
    assert counted.asked["read large"] == 2
    once.put("a", b"first")
    assert once.read("a") == b"first"
    once.put("a", b"second")
    assert pickle.loads(pickle.dumps(once)).read("a") == once.read("a") == b"second"


class TestOnce(SpaceContract):
    @pytest.fixture
    def space(self, space: Disk) -> Space:
        return Once(space)
