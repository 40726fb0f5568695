"""The quantum stage: energies, forces and stresses of a perovskite cell, and what they decide above."""
