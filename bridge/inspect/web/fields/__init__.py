"""Fields as tiles of pictures: how they are asked for, kept open, coloured and written as PNG."""
