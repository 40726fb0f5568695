"""Plans: what of a chain is in the store already, before anything runs."""

from __future__ import annotations

from bridge.chain.chain import Chain, Unplanned
from bridge.store.keys import plan_key
from bridge.store.store import Store


def found(chain: Chain, store: Store) -> dict[str, str | None]:
    """For every stage the artifact its plan already led to, None where it must run."""
    plans: dict[str, str] = {}
    there: dict[str, str | None] = {}
    for stage in chain.stages.values():
        unplanned = any(isinstance(source, Unplanned) for source in stage.sources.values())
        if unplanned or any(before not in plans for before in stage.upstream):
            there[stage.name] = None
            continue
        plans[stage.name] = plan_key(stage, plans)
        there[stage.name] = store.planned(plans[stage.name])
    return there
