"""Diffusional creep of fcc metals, from the atoms of a vacancy to the rate of a polycrystal.

========================  ============  ===========================================================
`vacancy.emt`             atomistic     energies, entropy and attempt frequency of a vacancy
`kmc.random_walk`         mesoscopic    diffusivity of the vacancy and of the atoms
`creep.nabarro_herring`   continuum     creep by diffusion through the lattice
`creep.coble`             continuum     creep by diffusion along grain boundaries
`creep.deformation_map`   continuum     both, over grain size and temperature, with a picture
========================  ============  ===========================================================

Wiring and checking a flow imports the modules of these five: interfaces, on numpy and `ase.Atoms`, in
hundredths of a second. The numerics take more than a second, so that a model imports `relaxation`,
`modes`, `walk_kernel` or `map_picture` when it runs. It writes `from bridge_creep import walk_kernel`,
never `from bridge_creep.walk_kernel import walk`: to see whether that `walk` is a module whose code
counts, scalebridge would have to import the kernel.
"""
