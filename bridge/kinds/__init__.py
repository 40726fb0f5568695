"""Kinds of value a port can carry, and the five questions each of them answers.

Nothing else in scalebridge asks what type a value has. In messages a port is named by where
it stands: ``kmc.random_walk.temperature``.
"""
