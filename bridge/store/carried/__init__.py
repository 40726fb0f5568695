"""Runs that go from one store to another: copied out with all they came from, and taken in where they arrive."""
