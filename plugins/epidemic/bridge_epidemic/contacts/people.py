"""How many people there are of each age: from a table of the user, or of the United Nations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge_epidemic.contacts.ages import named
from bridge_epidemic.ports import Array, chosen
from bridge_epidemic.tables.users import read

#: What one writes for all countries of a survey together.
ALL = "all"


def countries(text: str, known: Sequence[str]) -> list[str]:
    """Countries by their names, with commas between; "all", or nothing, is all of them. Raises ValueError."""
    if text.strip() in ("", ALL):
        return list(known)
    return [known[place] for place in chosen(text, known, "country")]


def of_countries(names: Sequence[str], lower: Array) -> Array:
    """People (group) of all these countries in 2005. Raises ValueError for a country that the table has not."""
    from bridge_epidemic.tables.reading import rows

    table = rows("population")
    known = list(dict.fromkeys(row["country"] for row in table))
    places = {name: chosen(name, known, "country")[0] for name in names}
    kept = [row for row in table if row["country"] in places]
    ages, people = (np.array([float(row[column]) for row in kept]) for column in ("lower_age", "people"))
    return grouped(ages, people, lower)


def of_table(content: bytes, lower: Array) -> Array:
    """People (group) of a CSV with the columns lower_age and population. Raises ValueError, naming the line."""
    table = read(content, ("lower_age", "population"), "table of people").rows
    ages, people = np.zeros(len(table)), np.zeros(len(table))
    for k, (line, cells) in enumerate(table):
        said = f"Line {line} of the table of people has {cells['lower_age']!r} and {cells['population']!r}"
        try:
            ages[k], people[k] = float(cells["lower_age"]), float(cells["population"])
        except ValueError:
            raise ValueError(f"{said}. Write an age in years and a number of people, such as 5,302000.") from None
        if not (np.isfinite(people[k]) and people[k] >= 0 <= ages[k]):
            raise ValueError(f"{said}; neither may be below 0.")
    if np.unique(ages).size < ages.size:
        raise ValueError("The table of people has an age twice. Write each age once.")
    return grouped(ages, people, lower)


def grouped(ages: Array, people: Array, lower: Array) -> Array:
    """Sum people by their youngest age into groups, whose limits must be limits of the table. Raises ValueError."""
    missing = [f"{age:g}" for age in lower if age not in ages]
    if missing:
        given = ", ".join(f"{age:g}" for age in np.unique(ages))
        raise ValueError(
            f"People are counted from the ages {given}: no group can begin at {', '.join(missing)}. Write lower_ages "
            "among those."
        )
    found = np.array([people[(ages >= a) & (ages < b)].sum() for a, b in zip(lower, [*lower[1:], np.inf], strict=True)])
    if (found <= 0).any():
        empty = named(lower)[int(np.argmax(found <= 0))]
        raise ValueError(f"Nobody is in the group {empty}. Write wider groups in lower_ages.")
    return found
