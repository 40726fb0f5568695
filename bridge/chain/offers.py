"""Outputs of whole stages offered to another one: what its inputs are named like is wired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.chain.values import Output
from bridge.errors import ContractError
from bridge.kinds.base import short
from bridge.kinds.closure import Closure
from bridge.kinds.record import Record
from bridge.models import Model


def accepted(model: Model, offers: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a stage is given, with the offered outputs that its other inputs are named like.

    Settings and closures are not wired. Raises ContractError for an offer that is not the outputs of a stage, where two
    offers have one name, and if nothing at all is taken.
    """
    found = dict(given)
    takers = {port.name for port in model.inputs.values() if not port.setting and not isinstance(port.kind, Closure)}
    chosen: dict[str, Output] = {}
    offered: list[str] = []
    for offer in offers:
        if not isinstance(offer, Output) or not isinstance(offer._kind, Record):
            raise ContractError(
                f"{model.name} was offered {offer if isinstance(offer, Output) else short(offer)!s}: "
                "without a name, outputs of whole stages are handed over. Write the input's name: submit(name=…)."
            )
        names = [port.name for port in offer._kind.ports]
        offered += names
        for name in names:
            if name not in takers or name in given:
                continue
            if name in chosen:
                first = chosen[name]
                raise ContractError(
                    f"{model.name}.{name} is offered twice, by {first._at} and by {offer[name]._at}. "
                    f"Write which: {name}=…."
                )
            chosen[name] = offer[name]
    if offers and not takers & set(offered):
        raise ContractError(
            f"{model.name} takes nothing of what it was offered, {', '.join(offered)}: "
            f"its inputs are {', '.join(sorted(takers)) or 'none'}."
        )
    return found | chosen
