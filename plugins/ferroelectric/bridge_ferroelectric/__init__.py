"""Perovskite ferroelectrics across scales.

density functional theory (`quantum`) -> effective Hamiltonian (`lattice`) -> free energy (`landau`) ->
phase field (`phasefield`). `interfaces` holds the records that pass between them; each room's `models` declares
its ports and imports no numerics, which are imported when a model is called.
"""
