"""Effective Hamiltonian: the lattice of local modes, its phases, its molecular dynamics."""
