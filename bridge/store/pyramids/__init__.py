"""Pyramids of stored fields: made once, kept beside the artifacts, opened coarse first."""
