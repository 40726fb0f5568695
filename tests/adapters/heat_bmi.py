"""Heat in a rod with the Basic Model Interface, as its authors would write it; calls are counted in ``ENDED``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

ENDED: list[str] = []


class HeatRod:
    """Heat in a rod, whose ends stay as they are."""

    units: ClassVar = {
        "rod__temperature": "degC",
        "rod__conductance": "W m-2 K-1",
        "rod__mean": "degC",
        "rod__odd": "furlongs?",
    }

    def initialize(self, filename: str) -> None:
        self.settings = json.loads(Path(filename).read_text())
        self.values = {name: np.zeros(1) for name in self.units}
        self.values["rod__temperature"] = np.linspace(0.0, 100.0, self.settings["cells"])
        self.time = 0.0

    def update(self) -> None:
        if self.settings.get("fails"):
            raise RuntimeError("the rod melted")
        t = self.values["rod__temperature"]
        t[1:-1] += 0.2 * (t[2:] - 2 * t[1:-1] + t[:-2]) + self.values["rod__conductance"][0]
        self.values["rod__mean"][0] = t.mean()
        self.time += self.get_time_step()

    def finalize(self) -> None:
        ENDED.append("finalize")

    def get_input_var_names(self) -> tuple[str, ...]:
        return ("rod__temperature", "rod__conductance")

    def get_output_var_names(self) -> tuple[str, ...]:
        return ("rod__temperature", "rod__mean", "rod__odd")

    def get_var_units(self, name: str) -> str:
        return self.units[name]

    def get_var_type(self, name: str) -> str:
        return str(self.values[name].dtype)

    def get_var_nbytes(self, name: str) -> int:
        return self.values[name].nbytes

    def get_var_itemsize(self, name: str) -> int:
        return self.values[name].itemsize

    def get_var_grid(self, name: str) -> int:
        return 0 if name == "rod__temperature" else 1

    def get_grid_type(self, grid: int) -> str:
        return "uniform_rectilinear" if grid == 0 else "scalar"

    def get_grid_rank(self, grid: int) -> int:
        return 1 - grid

    def get_grid_shape(self, grid: int, shape: Any) -> Any:
        shape[:] = self.values["rod__temperature"].shape
        return shape

    def get_value(self, name: str, dest: Any) -> Any:
        dest[:] = self.values[name].ravel()
        return dest

    def set_value(self, name: str, src: Any) -> None:
        self.values[name][:] = src

    def get_time_units(self) -> str:
        return "min"

    def get_time_step(self) -> float:
        return 0.5
