"""Asking a store for many keys at once: what a thousand questions one by one would cost a thousand times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bridge.store.rows.together import facts_of, values_of
from bridge.store.spaces.space import MARKER
from bridge.store.store import artifact_of, plan_of

if TYPE_CHECKING:
    from bridge.store.store import Store


def has_many(store: Store, keys: Iterable[str]) -> set[str]:
    """Of content keys, those whose artifact is committed, by itself or as a row of a block."""
    left, found = set(keys), set[str]()
    for layer in store.layers:
        found |= layer.rows.find(left - found).keys()
    for layer in store.layers:
        found |= _single(layer, left - found)
    return found


def _single(layer: Store, keys: Iterable[str]) -> set[str]:
    """Of content keys, those of artifacts of this layer that are no rows."""
    names = {f"{artifact_of(key)}/{MARKER}": key for key in keys}
    return {names[name] for name in layer.space.there(names)}


def planned_many(store: Store, plans: Iterable[str]) -> dict[str, str]:
    """Content key of the artifact that each of these plans led to, where it is there."""
    plans = list(dict.fromkeys(plans))
    found: dict[str, str] = {}
    for layer in store.layers:
        found |= _there(store, layer.rows.planned(plan for plan in plans if plan not in found))
    for layer in store.layers:
        names = {plan_of(plan): plan for plan in plans if plan not in found}
        aliases = [names[name] for name in layer.space.there(names)]
        led = dict(zip(aliases, layer.space.abreast(layer.alias_of, aliases), strict=True))
        found |= _there(store, {plan: key for plan, key in led.items() if key is not None})
    return found


def _there(store: Store, led: dict[str, str]) -> dict[str, str]:
    there = has_many(store, led.values()) if led else set()
    return {plan: key for plan, key in led.items() if key in there}


def values_many(store: Store, keys: Sequence[str], path: tuple[str, ...]) -> list[Any]:
    """The value at ``path`` of many artifacts, in the order of their keys. Raises Damaged.

    Rows are read by the column, so that one costs microseconds; other artifacts are opened one by one.
    """
    found: dict[str, Any] = {}
    for layer in store.layers:
        found |= values_of(layer.rows, [key for key in keys if key not in found], path)
    single = [key for key in dict.fromkeys(keys) if key not in found]
    found |= zip(single, store.space.abreast(lambda key: store.open(key).value(path), single), strict=True)
    return [found[key] for key in keys]


def facts_many(store: Store, keys: Sequence[str], place: str) -> dict[str, Any]:
    """What many artifacts say of their making at ``place``, by key; None where that is nothing. Raises Damaged."""
    found: dict[str, Any] = {}
    for layer in store.layers:
        found |= facts_of(layer.rows, [key for key in keys if key not in found], place)
    single = [key for key in dict.fromkeys(keys) if key not in found]
    return found | dict(
        zip(single, store.space.abreast(lambda key: store.open(key).about.get(place), single), strict=True)
    )
