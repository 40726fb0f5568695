"""What models of composites share: the scales they live on, and images of phases."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, Within

MICROSTRUCTURE = Scale("microstructure", length="1 um .. 1 mm")
COMPONENT = Scale("component", length="1 mm .. 1 m")

Phase = Annotated[NDArray[np.int64], "1", ("x", "y", "z"), Within(0, 255)]
"""The phase of every voxel, from 0; an image of two dimensions is one voxel thick, one of one dimension is a row."""

Conducting = Annotated[float, "W/m/K", Within(0, strict=True)]
"""A thermal conductivity."""
