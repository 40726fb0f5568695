"""Diffusivity of hydrogen isotopes that hop between tetrahedral sites, as a program for MUSCLE3."""

import numpy as np
import tungsten
from libmuscle import Grid, Instance, Message
from ymmsl.v0_2 import Operator


def hop():
    # rate: Grid (cell, isotope), 1/ps; diffusivity: Grid (cell, isotope), angstrom^2/ps
    instance = Instance({Operator.O_F: ["rate", "diffusivity"]})
    while instance.reuse_instance():
        rate = tungsten.hop_rate(
            instance.get_setting("front_temperature", "float"),
            instance.get_setting("back_temperature", "float"),
            np.array(instance.get_setting("mass", "[float]")),
            instance.get_setting("barrier", "float"),
            instance.get_setting("attempt_frequency", "float"),
            instance.get_setting("blocked", "float"),
            instance.get_setting("cells", "int"),
        )
        diffusivity = tungsten.hop_diffusivity(rate, instance.get_setting("jump_length", "float"))
        instance.send("rate", Message(0.0, data=Grid(rate, ["cell", "isotope"])))
        instance.send("diffusivity", Message(0.0, data=Grid(diffusivity, ["cell", "isotope"])))


if __name__ == "__main__":
    hop()
