"""Hydrogen isotopes in a wall of tungsten: the physics that all three platforms call. Nothing of a platform is in it.

If the variable COMPUTED names a file, each call leaves a line there, so that others can tell what was computed.
"""

import os

import numpy as np

BOLTZMANN = 8.617333262e-5  # eV/K
NEIGHBOURS = 4  # of a tetrahedral site in a bcc crystal
SITES = 6.29e5  # mol/m^3, six tetrahedral sites an atom


def _told(what):
    """Say that something was computed."""
    if "COMPUTED" in os.environ:
        with open(os.environ["COMPUTED"], "a") as file:
            file.write(what + "\n")


def hop_rate(front_temperature, back_temperature, mass, barrier, attempt_frequency, blocked, cells):
    """Rate of hops in 1/ps, (cell, isotope); K, u, eV, THz; classical isotope effect (Vineyard 1957)."""
    _told("hop")
    middle = (np.arange(cells) + 0.5) / cells
    temperature = front_temperature + (back_temperature - front_temperature) * middle
    frequency = attempt_frequency * np.sqrt(mass[0] / mass)
    return (1 - blocked) * np.exp(-barrier / (BOLTZMANN * temperature))[:, None] * frequency


def hop_diffusivity(rate, jump_length):
    """Diffusivity of a random walk on the sites, in the unit of jump_length**2 * rate."""
    return NEIGHBOURS * jump_length**2 * rate / 6


def permeation(diffusivity, loading, thickness, duration, steps):
    """Concentration in mol/m^3, (cell, isotope), and what has left at the back in mol/m^2; m^2/s, mol/m^3, m, s.

    Finite volumes with the harmonic mean between cells, implicit steps, front at `loading`, back at nothing.
    """
    _told("wall")
    cells, isotopes = diffusivity.shape
    width, step = thickness / cells, duration / steps
    inner = 2 / (1 / diffusivity[1:] + 1 / diffusivity[:-1]) / width**2
    front, back = 2 * diffusivity[0] / width**2, 2 * diffusivity[-1] / width**2
    concentration, permeated = np.zeros((cells, isotopes)), np.zeros(isotopes)
    for isotope in range(isotopes):
        between = inner[:, isotope]
        rates = np.diag(-between, 1) + np.diag(-between, -1)
        rates[np.arange(cells), np.arange(cells)] = np.append(front[isotope], between) + np.append(
            between, back[isotope]
        )
        inverse = np.linalg.inv(np.eye(cells) + step * rates)
        for _ in range(steps):
            concentration[0, isotope] += step * front[isotope] * loading[isotope]
            concentration[:, isotope] = inverse @ concentration[:, isotope]
            permeated[isotope] += step * back[isotope] * width * concentration[-1, isotope]
    return concentration, permeated


def occupied(concentration):
    """Share of the sites that is taken."""
    return concentration.sum(axis=1).mean() / SITES
