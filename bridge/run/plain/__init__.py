"""Chains in plain YAML as flows that run, and flows written as such chains."""
