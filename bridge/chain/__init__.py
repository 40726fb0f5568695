"""Chains: what a flow's body wires, read off by running it on values that do not exist yet."""
