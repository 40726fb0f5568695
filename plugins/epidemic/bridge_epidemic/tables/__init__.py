"""Small tables derived from public data, and the scripts that derive them: python -m bridge_epidemic.tables."""
