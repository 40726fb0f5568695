"""Drug in plasma."""
