"""A virus within a person: target cells, infected cells and load."""
