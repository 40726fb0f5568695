"""Chains as plain YAML: read without running anything that stands in them, and written for people.

``reading`` brings bytes to pieces with their places, ``form`` pieces to a ``Document``, ``giving`` the values of a
document to those of a flow's body, ``taking`` these to a document's, ``writing`` a document to text.
"""
