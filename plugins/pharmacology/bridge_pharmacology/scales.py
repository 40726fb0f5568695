"""The scales of the chain: an organism, its tissues, their cells, the molecules on them, and back to a lesion."""

from __future__ import annotations

from bridge import Scale

ORGANISM = Scale("organism", length="10 cm .. 2 m", time="1 h .. 1 year")
TISSUE = Scale("tissue", length="10 um .. 1 cm", time="1 min .. 100 day")
MOLECULE = Scale("molecule", length="1 nm .. 100 nm", time="1 s .. 10 day")
CELL = Scale("cell", length="1 um .. 100 um", time="10 min .. 30 day")
LESION = Scale("lesion", length="1 mm .. 10 cm", time="1 day .. 2 year")
POPULATION = Scale("population", length="1 m .. 1000 km", time="1 day .. 1 year")
