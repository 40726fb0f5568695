"""Doses: event tables read and written, regimens made, and what they do to a system."""
