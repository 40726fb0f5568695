"""Scale-bridging: models of one scale each, chained with interfaces that are enforced."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge import external as external
    from bridge import pages as pages
    from bridge.adapters.stepper import wrap_stepper as wrap_stepper
    from bridge.adapters.wrapping import wrap as wrap
    from bridge.axes.bounded import LogUniform as LogUniform
    from bridge.axes.bounded import Triangular as Triangular
    from bridge.axes.bounded import Uniform as Uniform
    from bridge.axes.designs import samples as samples
    from bridge.axes.designs import table as table
    from bridge.axes.designs import zipped as zipped
    from bridge.axes.distributions import LogNormal as LogNormal
    from bridge.axes.distributions import Normal as Normal
    from bridge.chain.values import stack as stack
    from bridge.chain.values import via as via
    from bridge.compiling import compiled as compiled
    from bridge.coupling import ladder as ladder
    from bridge.coupling.closing import closure as closure
    from bridge.coupling.fixed import fixed_point as fixed_point
    from bridge.coupling.projective import project as project
    from bridge.coupling.stepper import coarse_stepper as coarse_stepper
    from bridge.errors import BridgeError as BridgeError
    from bridge.errors import NotSeparated as NotSeparated
    from bridge.kinds.base import Resolved as Resolved
    from bridge.kinds.base import StandardErrorOf as StandardErrorOf
    from bridge.kinds.base import Within as Within
    from bridge.media import File as File
    from bridge.media import Picture as Picture
    from bridge.models import model as model
    from bridge.run.check import check as check
    from bridge.run.launch import launch as launch
    from bridge.run.launch import resume as resume
    from bridge.run.runner import runner as runner
    from bridge.run.stage import stage as stage
    from bridge.run.sweeps.sweep import sweep as sweep
    from bridge.scale import Scale as Scale
    from bridge.scales.blocks import block_mean as block_mean
    from bridge.scales.blocks import haar as haar
    from bridge.scales.blocks import injection as injection
    from bridge.scales.by_scale import compare_by_scale as compare_by_scale
    from bridge.scales.conditional import conditional as conditional
    from bridge.scales.defect import defect as defect
    from bridge.scales.judging import Watch as Watch
    from bridge.scales.judging import separated as separated
    from bridge.scales.judging import steps as steps
    from bridge.scales.multiresolution import decompose as decompose
    from bridge.scales.relaxation import correlation_length as correlation_length
    from bridge.scales.relaxation import relaxation_time as relaxation_time
    from bridge.scales.transfer import Transfer as Transfer
    from bridge.scales.variation import gradient_length as gradient_length
    from bridge.scales.variation import slow_time as slow_time
    from bridge.scales.wavelets import wavelet as wavelet
    from bridge.sensitivity.sensitivity import sensitivity_of as sensitivity_of
    from bridge.store.runs import runs as runs
    from bridge.units import Q as Q

_HOMES = {
    "BridgeError": "bridge.errors",
    "File": "bridge.media",
    "LogNormal": "bridge.axes.distributions",
    "LogUniform": "bridge.axes.bounded",
    "Normal": "bridge.axes.distributions",
    "NotSeparated": "bridge.errors",
    "Picture": "bridge.media",
    "Q": "bridge.units",
    "Resolved": "bridge.kinds.base",
    "Scale": "bridge.scale",
    "StandardErrorOf": "bridge.kinds.base",
    "Transfer": "bridge.scales.transfer",
    "Triangular": "bridge.axes.bounded",
    "Uniform": "bridge.axes.bounded",
    "Watch": "bridge.scales.judging",
    "Within": "bridge.kinds.base",
    "block_mean": "bridge.scales.blocks",
    "check": "bridge.run.check",
    "closure": "bridge.coupling.closing",
    "coarse_stepper": "bridge.coupling.stepper",
    "compiled": "bridge.compiling",
    "compare_by_scale": "bridge.scales.by_scale",
    "conditional": "bridge.scales.conditional",
    "correlation_length": "bridge.scales.relaxation",
    "decompose": "bridge.scales.multiresolution",
    "defect": "bridge.scales.defect",
    "external": "bridge.external",
    "fixed_point": "bridge.coupling.fixed",
    "gradient_length": "bridge.scales.variation",
    "haar": "bridge.scales.blocks",
    "injection": "bridge.scales.blocks",
    "ladder": "bridge.coupling",
    "launch": "bridge.run.launch",
    "model": "bridge.models",
    "pages": "bridge.pages",
    "project": "bridge.coupling.projective",
    "relaxation_time": "bridge.scales.relaxation",
    "resume": "bridge.run.launch",
    "runner": "bridge.run.runner",
    "runs": "bridge.store.runs",
    "samples": "bridge.axes.designs",
    "sensitivity_of": "bridge.sensitivity.sensitivity",
    "separated": "bridge.scales.judging",
    "slow_time": "bridge.scales.variation",
    "stack": "bridge.chain.values",
    "stage": "bridge.run.stage",
    "steps": "bridge.scales.judging",
    "sweep": "bridge.run.sweeps.sweep",
    "table": "bridge.axes.designs",
    "via": "bridge.chain.values",
    "wavelet": "bridge.scales.wavelets",
    "wrap": "bridge.adapters.wrapping",
    "wrap_stepper": "bridge.adapters.stepper",
    "zipped": "bridge.axes.designs",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import bridge` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'bridge' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    value = home if home.__name__ == f"bridge.{name}" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
