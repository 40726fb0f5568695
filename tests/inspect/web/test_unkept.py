"""Fields whose levels cannot be kept, on a full disk or in a store that is only read, are seen all the same."""

from __future__ import annotations

from typing import Any

import pytest
from made_fields import commit, sheet
from reading import Reader

from bridge.inspect.web.pages import port_field
from bridge.store.pyramids import sources
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store


def test_a_field_whose_levels_cannot_be_kept_says_so_and_is_seen_all_the_same(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> bool:
        raise StoreUnusable("no space is left on the disk of the store.")

    monkeypatch.setattr(sources, "write", full)
    _, key = commit(store, sheet(600, 600))
    address = f"/artifacts/{key}/port?path=temperature"
    reader.get(address)
    with pytest.raises(StoreUnusable):
        reader.app.state.fields.open(key, ("temperature",)).levels.settle()
    page = reader.get(address).text
    assert "cannot be kept in the store: no space is left on the disk of the store." in page
    assert reader.get(f"/artifacts/{key}/tile?path=temperature&level=1").status_code == 200


def test_a_field_of_a_store_that_is_only_read_says_that_its_levels_are_not_kept(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: Any, **__: Any) -> Any:
        raise StoreUnusable("the store is read-only.")

    _, key = commit(store, sheet(600, 600))
    monkeypatch.setattr(port_field, "PATIENCE", (60.0, 60.0))
    with monkeypatch.context() as patch:
        patch.setattr(store.space, "claim", read_only)
        page = reader.get(f"/artifacts/{key}/port?path=temperature").text
        assert "Its levels are in memory, for they cannot be kept in the store: the store is read-only." in page
        assert reader.get(f"/artifacts/{key}/tile?path=temperature&level=1").status_code == 200
    small = commit(store, sheet(5, 5), "small")[1]
    assert "in memory" not in reader.get(f"/artifacts/{small}/port?path=temperature").text
