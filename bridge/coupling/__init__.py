"""Scales that talk while they run: closures, coarse steppers, ladders."""

from bridge.coupling import ladder as ladder
