"""Drug in tissue."""
