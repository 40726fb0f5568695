"""The unit of every quantity of a document: declared there, or mapped by who loads it, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge_pharmacology.sbml.refused import Refused
from bridge_pharmacology.sbml.units import unit_text

_SIZES = {3: "volume", 2: "area", 1: "length"}


class Units:
    """Units of a model's quantities, as text for ports; what is missing is collected and refused at once."""

    def __init__(self, model: Any, mapped: Mapping[str, str], undeclared: str | None) -> None:
        if undeclared not in (None, "dimensionless"):
            raise Refused(f"undeclared={undeclared!r}: write undeclared='dimensionless', or map units={{…}}.")
        self.model, self.mapped, self.pure = model, dict(mapped), undeclared is not None
        self.missing: list[str] = []
        self._check_names()

    def time(self) -> str:
        """Unit of time."""
        return self._known("time", self._whole("time"))

    def size(self, compartment: Any) -> str:
        """Unit of a compartment's size."""
        dimensions = int(compartment.getSpatialDimensions())
        if dimensions == 0:
            return "1"
        return self._known(compartment.getId(), compartment.getUnits() or self._whole(_SIZES[dimensions]))

    def parameter(self, parameter: Any) -> str:
        """Unit of a parameter."""
        return self._known(parameter.getId(), parameter.getUnits())

    def species(self, species: Any, concentration: bool) -> str:
        """Unit of a species as a concentration or as an amount; a mapped unit is of what its id stands for."""
        name = species.getId()
        stands_for_concentration = not species.getHasOnlySubstanceUnits()
        size = species.getSpatialSizeUnits() if self.model.getLevel() == 2 else ""
        if not concentration and not stands_for_concentration:
            return self._known(name, species.getSubstanceUnits() or self._whole("substance"))
        compartment = self.model.getCompartment(species.getCompartment())
        volume = unit_text(self.model, size) if size else self.size(compartment)
        if name in self.mapped:
            stated = self._known(name, "")
            if stands_for_concentration == concentration:
                return stated
            return _per(stated, volume) if concentration else _times(stated, volume)
        amount = self._known(name, species.getSubstanceUnits() or self._whole("substance"))
        return _per(amount, volume) if concentration else amount

    def rate(self, reaction: Any) -> str:
        """Unit of a reaction's rate."""
        extent = self._whole("extent" if self.model.getLevel() > 2 else "substance")
        if reaction.getId() in self.mapped:
            return self._known(reaction.getId(), "")
        return _per(self._known(reaction.getId(), extent), self.time())

    def refuse_missing(self) -> None:
        """Raise Refused, naming every id whose unit is neither declared nor mapped."""
        if not self.missing:
            return
        names = list(dict.fromkeys(self.missing))
        example = ", ".join(f"{name!r}: '{'h' if name == 'time' else '…'}'" for name in names[:3])
        raise Refused(
            f"model {self.model.getId()!r} declares no unit for {', '.join(names)}. Declare them in the document, or "
            f"write units={{{example}}}; undeclared='dimensionless' says that all of them are pure numbers."
        )

    def _whole(self, what: str) -> str:
        """The unit that the model as a whole has for a kind of quantity: a reference, or "" where there is none."""
        if what in self.mapped:
            return f"={self.mapped[what]}"
        if self.model.getLevel() < 3:
            return what
        return str(getattr(self.model, f"get{what.capitalize()}Units")())

    def _known(self, name: str, reference: str) -> str:
        """The unit of an id, mapped or declared; "1" in the place of one that is missing."""
        if name in self.mapped:
            return _checked(name, self.mapped[name])
        if reference.startswith("="):
            return _checked(name, reference[1:])
        if reference:
            return unit_text(self.model, reference)
        if not self.pure:
            self.missing.append(name)
        return "1"

    def _stated(self, what: str) -> str:
        """What the document itself says of a kind of quantity; the defaults of SBML Level 2 are not its own words."""
        if self.model.getLevel() < 3:
            return what if self.model.getUnitDefinition(what) is not None else ""
        return str(getattr(self.model, f"get{what.capitalize()}Units")())

    def _check_names(self) -> None:
        """Refuse mapped names that the model does not have, or declares itself."""
        level = self.model.getLevel()
        whole = ["time", "substance", "volume", "area", "length"] + (["extent"] if level > 2 else [])
        declared = {what: self._stated(what) for what in whole}
        declared |= {one.getId(): one.getUnits() for one in self.model.getListOfParameters()}
        declared |= {one.getId(): one.getSubstanceUnits() for one in self.model.getListOfSpecies()}
        declared |= {one.getId(): "" for one in self.model.getListOfReactions()}
        for one in self.model.getListOfCompartments():
            size = _SIZES.get(int(one.getSpatialDimensions()), "")
            declared[one.getId()] = one.getUnits() or (self._stated(size) if size else "dimensionless")
        for name, unit in self.mapped.items():
            if name not in declared:
                from difflib import get_close_matches

                known = list(declared)
                near = [one for one in known if one.lower() == name.lower()] or get_close_matches(name, known, n=1)
                meant = f" Did you mean {near[0]!r}?" if near else ""
                raise Refused(
                    f"units: model {self.model.getId()!r} has no {name!r} to give {unit!r} to.{meant} "
                    f"Model-wide units are {', '.join(whole)}."
                )
            if declared.get(name) and _readable(self.model, declared[name]):
                raise Refused(
                    f"units: {name!r} is declared in {unit_text(self.model, declared[name])!r} by the document itself; "
                    f"{unit!r} is not taken. Leave it out of units."
                )


def _readable(model: Any, reference: str) -> bool:
    try:
        unit_text(model, reference)
    except Refused:
        return False
    return True


def _checked(name: str, unit: str) -> str:
    """A mapped unit, read once. Raises Refused."""
    from bridge import Q

    try:
        Q(1.0, unit)
    except Exception as reason:
        raise Refused(f"units: {name!r} is given {unit!r}: {reason}") from None
    return unit


def _per(amount: str, volume: str) -> str:
    if volume == "1":
        return amount
    return f"{amount}/({volume})" if "/" in volume or "*" in volume else f"{amount}/{volume}"


def _times(concentration: str, volume: str) -> str:
    if volume == "1" or concentration == "1":
        return volume if concentration == "1" else concentration
    return f"({concentration})*({volume})"
