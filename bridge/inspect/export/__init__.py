"""Stored runs as files of other programs."""
