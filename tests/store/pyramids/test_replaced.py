"""A key says what an artifact was asked, not what came out: one that was lost and computed again is another field."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from stored_fields import KEY, Map, a_map, opened, put, whole

from bridge.store.pyramids.subject import subject_of
from bridge.store.store import Store


def replaced(store: Store, by: Map) -> None:
    """Lose the artifact, as verify --set-aside does, and commit what its model gives this time."""
    shutil.rmtree(Path(store.address) / "artifacts")
    put(store, by)


def test_a_field_that_was_computed_again_has_a_pyramid_of_its_own(store: Store) -> None:
    put(store, a_map(1))
    opened(store)
    replaced(store, a_map(2))
    said: list[str] = []
    found = opened(store, said=said)
    assert np.array_equal(whole(found, 0), a_map(2).field, equal_nan=True)
    assert found.levels[0].maximum == np.nanmax(a_map(2).field)
    assert "is not the pyramid of field that it should be" in said[0]
    said.clear()
    assert np.array_equal(whole(opened(Store(store.address), said=said), 0), a_map(2).field, equal_nan=True)
    assert not said, "what was made anew was not kept"


def test_other_coordinates_are_another_field(store: Store) -> None:
    """Where the first point is, and how far they are apart, stands in the pyramid."""
    put(store, a_map(1))
    opened(store)
    replaced(store, Map(a_map(1).field, a_map(1).x + 1))
    assert opened(store).coordinates["x"].first == 1


def test_the_same_numbers_computed_again_keep_their_pyramid(store: Store) -> None:
    put(store, a_map(1))
    before = subject_of(store.open(KEY), ("field",)).document()
    replaced(store, a_map(1))
    assert subject_of(store.open(KEY), ("field",)).document() == before


def test_a_shared_store_below_with_other_numbers_of_the_same_key_gives_none_of_its_pyramid(tmp_path: Path) -> None:
    below = Store(tmp_path / "below")
    put(below, a_map(1))
    opened(below)
    above = Store(tmp_path / "above", shared=tmp_path / "below")
    put(above, a_map(2))
    assert np.array_equal(whole(opened(above), 0), a_map(2).field, equal_nan=True)
