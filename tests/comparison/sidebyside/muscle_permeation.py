"""What diffuses through a wall that is loaded at its front, as a program for MUSCLE3."""

import numpy as np
import tungsten
from libmuscle import Instance
from ymmsl.v0_2 import Operator


def permeation():
    instance = Instance({Operator.F_INIT: ["diffusivity"]})  # Grid (cell, isotope), angstrom^2/ps
    while instance.reuse_instance():
        loading = np.array(instance.get_setting("loading", "[float]"))
        thickness = instance.get_setting("thickness", "float")
        duration = instance.get_setting("duration", "float")
        steps = instance.get_setting("steps", "int")
        diffusivity = 1e-8 * instance.receive("diffusivity").data.array  # angstrom^2/ps to m^2/s
        concentration, permeated = tungsten.permeation(diffusivity, loading, thickness, duration, steps)
        np.savez("wall.npz", concentration=concentration, permeated=permeated)


if __name__ == "__main__":
    permeation()
