"""Mistakes at an interface, each made in the working program of all three platforms by the smallest edit.

An edit replaces text that stands in its file exactly once. Whoever makes the mistake wants the working program's
result; where nobody can want it, as outside a validity range, ``wanted`` is None.
"""

from __future__ import annotations

from dataclasses import dataclass

PLATFORMS = ("scalebridge", "OpenMDAO", "MUSCLE3")

BRIDGE, MDAO = "wall_scalebridge.py", "wall_openmdao.py"
HOP, WALL, YMMSL = "muscle_hop.py", "muscle_permeation.py", "wall.ymmsl"
Edit = tuple[str, str, str]


@dataclass(frozen=True)
class Mistake:
    """A mistake, the edits that make it in each platform (None: nothing of it can be written), and its right result."""

    name: str
    scalebridge: tuple[Edit, ...] | None
    openmdao: tuple[Edit, ...] | None
    muscle3: tuple[Edit, ...] | None
    wanted: str | None = "working"

    def edits(self, platform: str) -> tuple[Edit, ...] | None:
        """What is changed in a platform's files."""
        return {"scalebridge": self.scalebridge, "OpenMDAO": self.openmdao, "MUSCLE3": self.muscle3}[platform]


FRONT_MDAO = 'problem.set_val("hop.front_temperature", 1200.0, units="K")'
FRONT_MUSCLE = "hop.front_temperature: 1200.0"
DURATION_MDAO = '"permeation.duration", 12.0, units="h"'
DURATION_MUSCLE = "permeation.duration: 43200.0"
WIRE_MDAO = 'problem.model.connect("hop.diffusivity", "permeation.diffusivity")'
WIRE_MUSCLE = "hop.diffusivity: permeation.diffusivity"
GIVEN_MDAO = 'outputs["diffusivity"] = tungsten.hop_diffusivity(rate, inputs["jump_length"][0])'
GIVEN = "tungsten.hop_diffusivity(rate, jump_length)"
GIVEN_MUSCLE = 'tungsten.hop_diffusivity(rate, instance.get_setting("jump_length", "float"))'
OCCUPIED = 'instance.send("occupied", Message(0.0, data=tungsten.occupied(concentration)))'
THREE_CELLS: dict[str, tuple[Edit, ...]] = {
    "scalebridge": ((BRIDGE, "        cells=40,", "        cells=3,"),),
    "OpenMDAO": (
        (MDAO, "Hop(cells=40", "Hop(cells=3"),
        (MDAO, "Permeation(cells=40", "Permeation(cells=3"),
    ),
    "MUSCLE3": ((YMMSL, "hop.cells: 40", "hop.cells: 3"),),
}
TURNED: dict[str, tuple[Edit, ...]] = {
    "scalebridge": (
        (
            BRIDGE,
            'diffusivity: Annotated[Floats, "angstrom^2/ps", ("cell", "isotope")',
            'diffusivity: Annotated[Floats, "angstrom^2/ps", ("isotope", "cell")',
        ),
        (BRIDGE, GIVEN, GIVEN + ".T"),
    ),
    "OpenMDAO": (
        (MDAO, 'self.add_output("diffusivity", shape=shape', 'self.add_output("diffusivity", shape=shape[::-1]'),
        (MDAO, GIVEN_MDAO, GIVEN_MDAO + ".T"),
    ),
    "MUSCLE3": (
        (HOP, GIVEN_MUSCLE, GIVEN_MUSCLE + ".T.copy()"),
        (HOP, 'Grid(diffusivity, ["cell", "isotope"])', 'Grid(diffusivity, ["isotope", "cell"])'),
    ),
}

MISTAKES = (
    Mistake(
        "a wire of another quantity (the rate, 1/ps)",
        ((BRIDGE, "diffusivity=hops.diffusivity", "diffusivity=hops.rate"),),
        ((MDAO, '"hop.diffusivity", "perm', '"hop.rate", "perm'),),
        ((YMMSL, WIRE_MUSCLE, "hop.rate: permeation.diffusivity"),),
    ),
    Mistake(
        "the fine model changes its unit to nm²/ns",
        (
            (BRIDGE, '"angstrom^2/ps"', '"nm^2/ns"'),
            (BRIDGE, GIVEN, "10 * " + GIVEN),
        ),
        (
            (MDAO, '"Ang**2/ps"', '"nm**2/ns"'),
            (MDAO, "tungsten.hop_diffusivity(rate, inputs", "10 * tungsten.hop_diffusivity(rate, inputs"),
        ),
        (
            (HOP, "angstrom^2/ps", "nm^2/ns"),
            (HOP, GIVEN_MUSCLE, "10 * " + GIVEN_MUSCLE),
        ),
    ),
    Mistake(
        "a given value in another unit of its dimension, said (720 min)",
        ((BRIDGE, 'duration="12 h"', 'duration="720 min"'),),
        ((MDAO, DURATION_MDAO, '"permeation.duration", 720.0, units="min"'),),
        ((YMMSL, DURATION_MUSCLE, "permeation.duration: 720.0 min"),),
    ),
    Mistake(
        "a given value in another unit, not said (926.85, in °C)",
        ((BRIDGE, 'front: str = "1200 K"', "front: float = 926.85"),),
        ((MDAO, FRONT_MDAO, 'problem.set_val("hop.front_temperature", 926.85)'),),
        ((YMMSL, FRONT_MUSCLE, "hop.front_temperature: 926.85"),),
    ),
    Mistake(
        "a given value in a unit of another dimension (12 m)",
        ((BRIDGE, 'duration="12 h"', 'duration="12 m"'),),
        ((MDAO, DURATION_MDAO, '"permeation.duration", 12.0, units="m"'),),
        ((YMMSL, DURATION_MUSCLE, "permeation.duration: 12.0 m"),),
    ),
    Mistake(
        "a unit for a pure number",
        ((BRIDGE, "        cells=40,", '        blocked="0 m",\n        cells=40,'),),
        ((MDAO, "problem.run_model()", 'problem.set_val("hop.blocked", 0.0, units="m")\nproblem.run_model()'),),
        ((YMMSL, "hop.blocked: 0.0", "hop.blocked: 0.0 m"),),
    ),
    Mistake(
        "a misspelt output on a wire",
        ((BRIDGE, "hops.diffusivity", "hops.difusivity"),),
        ((MDAO, '"hop.diffusivity", "perm', '"hop.difusivity", "perm'),),
        ((YMMSL, WIRE_MUSCLE, "hop.difusivity: permeation.diffusivity"),),
    ),
    Mistake(
        "a misspelt input on a wire",
        ((BRIDGE, "diffusivity=hops.", "difusivity=hops."),),
        ((MDAO, '"permeation.diffusivity")', '"permeation.difusivity")'),),
        ((YMMSL, WIRE_MUSCLE, "hop.diffusivity: permeation.difusivity"),),
    ),
    Mistake(
        "a misspelt input that is given a value",
        ((BRIDGE, "thickness=", "thicknes="),),
        ((MDAO, '"permeation.thickness"', '"permeation.thicknes"'),),
        ((YMMSL, "permeation.thickness:", "permeation.thicknes:"),),
    ),
    Mistake(
        "a misspelt model",
        ((BRIDGE, "stage(permeation)", "stage(permeatoin)"),),
        ((MDAO, 'add_subsystem("permeation", Permeation(', 'add_subsystem("permeation", Permeatoin('),),
        ((YMMSL, "implementation: permeation", "implementation: permeatoin"),),
    ),
    Mistake(
        "an input that is given no value",
        ((BRIDGE, '        thickness="2 mm",\n', ""),),
        ((MDAO, 'problem.set_val("permeation.thickness", 2.0, units="mm")\n', ""),),
        ((YMMSL, "  permeation.thickness: 0.002\n", ""),),
    ),
    Mistake(
        "a wire left out",
        ((BRIDGE, "        diffusivity=hops.diffusivity,\n", ""),),
        ((MDAO, WIRE_MDAO + "\n", ""),),
        ((YMMSL, "    conduits:\n      hop.diffusivity: permeation.diffusivity\n", ""),),
    ),
    Mistake(
        "two wires to one input",
        ((BRIDGE, "diffusivity=hops.diffusivity,", "diffusivity=hops.diffusivity, diffusivity=hops.rate,"),),
        ((MDAO, WIRE_MDAO, WIRE_MDAO + '\nproblem.model.connect("hop.rate", "permeation.diffusivity")'),),
        ((YMMSL, WIRE_MUSCLE, WIRE_MUSCLE + "\n      hop.rate: permeation.diffusivity"),),
    ),
    Mistake(
        "text where a count is asked for",
        ((BRIDGE, "        cells=40,", '        cells="forty",'),),
        ((MDAO, "Hop(cells=40", 'Hop(cells="forty"'),),
        ((YMMSL, "hop.cells: 40", "hop.cells: forty"),),
    ),
    Mistake(
        "two values for three isotopes",
        ((BRIDGE, "loading=Q([1.0, 1.0, 1.0]", "loading=Q([1.0, 1.0]"),),
        ((MDAO, '"permeation.loading", [1.0, 1.0, 1.0]', '"permeation.loading", [1.0, 1.0]'),),
        ((YMMSL, "loading: [1.0, 1.0, 1.0]", "loading: [1.0, 1.0]"),),
    ),
    Mistake(
        "dimensions in another order",
        TURNED["scalebridge"],
        TURNED["OpenMDAO"],
        TURNED["MUSCLE3"],
    ),
    Mistake(
        "the same, where the sizes are equal",
        TURNED["scalebridge"] + THREE_CELLS["scalebridge"],
        TURNED["OpenMDAO"] + THREE_CELLS["OpenMDAO"],
        TURNED["MUSCLE3"] + THREE_CELLS["MUSCLE3"],
        wanted="three cells",
    ),
    Mistake(
        "a given value outside the validity range (3800 K)",
        ((BRIDGE, '"1200 K"', '"3800 K"'),),
        ((MDAO, FRONT_MDAO, FRONT_MDAO.replace("1200.0", "3800.0")),),
        ((YMMSL, FRONT_MUSCLE, "hop.front_temperature: 3800.0"),),
        wanted=None,
    ),
    Mistake(
        "validity ranges that no value fits",
        ((BRIDGE, '("cell", "isotope"), Within(0, 1e-4)', '("cell", "isotope"), Within(1, 1e4)'),),
        None,
        None,
    ),
    Mistake(
        "a result outside its declared range (wrong sign)",
        ((BRIDGE, GIVEN, "-" + GIVEN),),
        ((MDAO, "tungsten.hop_diffusivity(rate, inputs", "-tungsten.hop_diffusivity(rate, inputs"),),
        ((HOP, GIVEN_MUSCLE, "-" + GIVEN_MUSCLE),),
    ),
    Mistake(
        "a result that is not a number",
        ((BRIDGE, GIVEN, "float('nan') * " + GIVEN),),
        ((MDAO, "tungsten.hop_diffusivity(rate, inputs", "float('nan') * tungsten.hop_diffusivity(rate, inputs"),),
        ((HOP, GIVEN_MUSCLE, "float('nan') * " + GIVEN_MUSCLE),),
    ),
    Mistake(
        "an output that the fine model forgets",
        ((BRIDGE, "Hops(rate=rate, diffusivity=" + GIVEN + ")", "Hops(rate=rate)"),),
        ((MDAO, "        " + GIVEN_MDAO + "\n", ""),),
        (
            (
                HOP,
                '        instance.send("diffusivity", Message(0.0, data=Grid(diffusivity, ["cell", "isotope"])))\n',
                "",
            ),
        ),
    ),
    Mistake(
        "a cycle",
        (
            (BRIDGE, "        cells=40,", "        blocked=wet.occupied,\n        cells=40,"),
            (BRIDGE, "    return stage(permeation).submit(", "    wet = stage(permeation).submit("),
        ),
        ((MDAO, WIRE_MDAO, WIRE_MDAO + '\nproblem.model.connect("permeation.occupied", "hop.blocked")'),),
        (
            (HOP, "Instance({Operator", 'Instance({Operator.F_INIT: ["blocked"], Operator'),
            (HOP, 'instance.get_setting("blocked", "float")', 'instance.receive("blocked").data'),
            (WALL, '["diffusivity"]}', '["diffusivity"], Operator.O_F: ["occupied"]}'),
            (WALL, "import Instance", "import Instance, Message"),
            (WALL, "        np.savez", f"        {OCCUPIED}\n        np.savez"),
            (YMMSL, "\n      o_f: rate", "\n      f_init: blocked\n      o_f: rate"),
            (YMMSL, "\n          o_f: rate", "\n          f_init: blocked\n          o_f: rate"),
            (YMMSL, "\n      f_init: diffusivity", "\n      o_f: occupied\n      f_init: diffusivity"),
            (YMMSL, "\n          f_init: diffusivity", "\n          o_f: occupied\n          f_init: diffusivity"),
            (YMMSL, WIRE_MUSCLE, WIRE_MUSCLE + "\n      permeation.occupied: hop.blocked"),
        ),
        wanted="cycle",
    ),
)
