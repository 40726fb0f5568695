"""Stages: how a flow's body uses a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.chain.offers import accepted
from bridge.chain.trace import tracing
from bridge.chain.values import Output
from bridge.errors import ContractError
from bridge.models import Model, is_model, model_of
from bridge.registry import find
from bridge.run.options import read_options


@dataclass(frozen=True)
class Use:
    """A model about to become a stage; ``submit`` wires it."""

    model: Model
    name: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def submit(self, *offers: Output, **given: Any) -> Output:
        """Wire the stage's inputs and settings; its outputs come back as values not computed yet.

        Literals are text with a unit (``"900 K"``) or quantities. Of ``offers``, the outputs of other stages, every one
        is wired that an input is named like, unless that was given. Raises what the contract refuses.
        """
        given = accepted(self.model, offers, given)
        chain = tracing()
        if chain is not None:
            added = chain.add(self.model, given, name=self.name, options=self.options)
            return Output(chain, added.name, self.model.outputs)
        from bridge.run.current import current

        return current(self.model.name).submit(self.model, given, self.name, self.options)

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse to be called. Raises ContractError, saying to submit."""
        raise ContractError(f"a stage is submitted: write stage({self.model.name!r}).submit(…).")


def stage(of: str | Callable[..., Any], *, name: str | None = None, **options: Any) -> Use:
    """Use a model in a flow: a registered name, or a function declared with ``@model`` itself.

    ``name`` distinguishes stages of one model. ``retries`` and ``retry_delay`` say how often it may run again after
    an error; ``timeout`` ends it (``600`` seconds, ``"10 min"``), counted from when it begins; ``cpus``, ``memory``
    (``"4 GB"``) and ``gpu`` are what it takes of its worker; ``accept`` names pairs of scales that need not be
    separated. Raises UnknownName (no such model or option),
    ContractError (an option that cannot be meant) or BrokenModel.
    """
    options = read_options(of if isinstance(of, str) else getattr(of, "__name__", of), options)
    if isinstance(of, str):
        return Use(find(of), name, options)
    if is_model(of):
        return Use(model_of(of), name, options)
    raise ContractError(f"stage() takes a model's name or a function declared with @model, got {of!r}.")
