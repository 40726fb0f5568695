"""Diffusional creep of fcc metals, from the energies of a vacancy to the rate of a polycrystal.

========================  ============  ===========================================================
`kmc.random_walk`         mesoscopic    diffusivity of the vacancy and of the atoms
`creep.nabarro_herring`   continuum     creep by diffusion through the lattice
`creep.coble`             continuum     creep by diffusion along grain boundaries
`creep.deformation_map`   continuum     both, over grain size and temperature, with a picture
========================  ============  ===========================================================

Energies, entropy and attempt frequency of a vacancy come from `ase.vacancy` of scalebridge-ase, or from wherever else.
Wiring and checking a flow imports the modules of these four: interfaces, on numpy, in hundredths of a second. The
numerics take more than a second, so that a model imports `walk_kernel` or `map_picture` when it runs. It writes
`from bridge_creep import walk_kernel`, never `from bridge_creep.walk_kernel import walk`: to see whether that `walk`
is a module whose code counts, scalebridge would have to import the kernel.
"""
