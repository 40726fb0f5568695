"""What the models of a chain need beside Python's code and is not here: said before a run is refused for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.chain.chain import Chain
from bridge.errors import ContractError
from bridge.models import Model
from bridge.store.keys import version


def absent(chain: Chain) -> list[dict[str, Any]]:
    """Each program or distribution that is not on this machine: for which stages, and what to do.

    ``refused`` says whether a run begun here would be refused for it: not where a program's version is declared, so
    that only the machine that computes the stage must have it.
    """
    found: dict[str, dict[str, Any]] = {}
    for stage, model in _uses(chain):
        for said, refused in _said(model):
            one = found.setdefault(said, {"said": said, "refused": refused, "stages": []})
            if stage not in one["stages"]:
                one["stages"].append(stage)
    return list(found.values())


def _uses(chain: Chain) -> Iterator[tuple[str, Model]]:
    """Every model by the stage that uses it, also through its closures."""
    for stage in chain.stages.values():
        yield stage.name, stage.model
        for closed in stage.model.closures.values():
            yield from ((stage.name, model) for model in closed.models)


def _said(model: Model) -> Iterator[tuple[str, bool]]:
    for one in model.depends:
        try:
            version(model, one)
        except ContractError as reason:
            yield str(reason), True
        elsewhere = getattr(one, "elsewhere", None)  # of a program whose version may be declared
        if elsewhere and (said := elsewhere()):
            yield said, False
