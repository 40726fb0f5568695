"""What can go wrong with a cluster."""

from __future__ import annotations

from bridge.errors import BridgeError


class ClusterError(BridgeError):
    """No cluster of this name or address, or it cannot do what it was asked."""


class WorkerDied(ClusterError):
    """Every worker that ran this task died."""


class Deserted(WorkerDied):
    """No worker is left, and none has come back."""


class SchedulerLost(ClusterError):
    """The connection to the scheduler broke, or the cluster was closed, while work was under way."""


class StageTimedOut(ClusterError):
    """Work took longer than it was given; the worker that did it was ended."""
