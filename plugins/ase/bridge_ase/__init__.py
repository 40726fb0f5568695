"""Any ASE calculator, by name and keywords, as the engine of models on the scale of atoms.

=================================  ===================================================================
`ase.crystal`                      atoms of a common structure
`ase.energy`, `ase.stress`         of atoms as they are given
`ase.relaxed`, `ase.relaxed_cell`  atoms at rest, in their cell or with it
`ase.equation_of_state`            energy against volume, bulk modulus
`ase.elastic`                      36 elastic constants, moduli of a polycrystal
`ase.phonons`                      vibrations of a cell at Γ
`ase.vacancy`                      formation, migration and attempt frequency in an fcc crystal
`ase.dataset`                      results that were computed elsewhere, as an engine
`ase.dataset_equation_of_state`    the same of those
`ase.dataset_elastic`              the same of those
=================================  ===================================================================

Wiring and checking a flow imports interfaces alone, on numpy and `ase.Atoms`; calculators and numerics are imported
when a model runs. What a text for a calculator means, with its version, is told by `engines`.
"""
