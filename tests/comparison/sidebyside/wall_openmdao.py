"""Hydrogen isotopes through a wall of tungsten, in OpenMDAO: `python wall_openmdao.py`."""

import openmdao.api as om
import tungsten


class Hop(om.ExplicitComponent):
    """Diffusivity of hydrogen isotopes that hop between tetrahedral sites, along a linear temperature."""

    def initialize(self):
        self.options.declare("cells", types=int)
        self.options.declare("isotopes", types=int)

    def setup(self):
        isotopes = self.options["isotopes"]
        shape = (self.options["cells"], isotopes)
        self.add_input("front_temperature", units="K")
        self.add_input("back_temperature", units="K")
        self.add_input("mass", shape=isotopes, units="u")
        self.add_input("barrier", units="eV")
        self.add_input("attempt_frequency", units="THz")
        self.add_input("jump_length", units="Ang")
        self.add_input("blocked", val=0.0)
        self.add_output("rate", shape=shape, units="1/ps")
        self.add_output("diffusivity", shape=shape, units="Ang**2/ps", lower=0.0, upper=1e3)

    def compute(self, inputs, outputs):
        rate = tungsten.hop_rate(
            inputs["front_temperature"][0],
            inputs["back_temperature"][0],
            inputs["mass"],
            inputs["barrier"][0],
            inputs["attempt_frequency"][0],
            inputs["blocked"][0],
            self.options["cells"],
        )
        outputs["rate"] = rate
        outputs["diffusivity"] = tungsten.hop_diffusivity(rate, inputs["jump_length"][0])


class Permeation(om.ExplicitComponent):
    """What diffuses through a wall that is loaded at its front."""

    def initialize(self):
        self.options.declare("cells", types=int)
        self.options.declare("isotopes", types=int)
        self.options.declare("steps", types=int, default=200)

    def setup(self):
        isotopes = self.options["isotopes"]
        shape = (self.options["cells"], isotopes)
        self.add_input("diffusivity", shape=shape, units="m**2/s", require_connection=True)
        self.add_input("loading", shape=isotopes, units="mol/m**3")
        self.add_input("thickness", units="m")
        self.add_input("duration", units="s")
        self.add_output("concentration", shape=shape, units="mol/m**3")
        self.add_output("permeated", shape=isotopes, units="mol/m**2")
        self.add_output("occupied", lower=0.0, upper=1.0)

    def compute(self, inputs, outputs):
        concentration, permeated = tungsten.permeation(
            inputs["diffusivity"],
            inputs["loading"],
            inputs["thickness"][0],
            inputs["duration"][0],
            self.options["steps"],
        )
        outputs["concentration"] = concentration
        outputs["permeated"] = permeated
        outputs["occupied"] = tungsten.occupied(concentration)


problem = om.Problem()
problem.model.add_subsystem("hop", Hop(cells=40, isotopes=3))
problem.model.add_subsystem("permeation", Permeation(cells=40, isotopes=3, steps=200))
problem.model.connect("hop.diffusivity", "permeation.diffusivity")
problem.add_recorder(om.SqliteRecorder("wall.sql"))
problem.setup(check=["cycles", "dup_inputs", "out_of_order", "solvers", "unconnected_inputs"])
problem.set_val("hop.front_temperature", 1200.0, units="K")
problem.set_val("hop.back_temperature", 600.0, units="K")
problem.set_val("hop.mass", [1.008, 2.014, 3.016], units="u")
problem.set_val("hop.barrier", 0.39, units="eV")
problem.set_val("hop.attempt_frequency", 10.0, units="THz")
problem.set_val("hop.jump_length", 1.12, units="Ang")
problem.set_val("permeation.loading", [1.0, 1.0, 1.0], units="mol/m**3")
problem.set_val("permeation.thickness", 2.0, units="mm")
problem.set_val("permeation.duration", 12.0, units="h")
problem.run_model()
problem.record("final")
print(problem.get_val("permeation.permeated", units="mol/m**2").tolist())
