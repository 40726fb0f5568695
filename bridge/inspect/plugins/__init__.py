"""Plugins as people see them: written, listed, checked, allowed."""
