"""Diffusional creep of fcc metals, from the atoms of a vacancy to the rate of a polycrystal.

========================  ============  ===========================================================
`vacancy.emt`             atomistic     energies, entropy and attempt frequency of a vacancy
`kmc.random_walk`         mesoscopic    diffusivity of the vacancy and of the atoms
`creep.nabarro_herring`   continuum     creep by diffusion through the lattice
`creep.coble`             continuum     creep by diffusion along grain boundaries
`creep.deformation_map`   continuum     both, over grain size and temperature, with a picture
========================  ============  ===========================================================
"""
