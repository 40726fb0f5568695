"""Domain walls and domain patterns of the continuum."""
