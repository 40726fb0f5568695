"""The scales of the chain: a molecule, a serum, a person, and the people of a country."""

from __future__ import annotations

from bridge import Scale

MOLECULE = Scale("molecule", length="1 angstrom .. 100 nm", time="1 us .. 1 day")
SERUM = Scale("serum", length="1 nm .. 1 mm", time="1 s .. 1 day")
PERSON = Scale("person", length="1 mm .. 2 m", time="1 h .. 2 year")
POPULATION = Scale("population", length="1 m .. 10000 km", time="1 day .. 10 year")
