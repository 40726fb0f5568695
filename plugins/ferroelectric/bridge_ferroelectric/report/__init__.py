"""What a chain says of itself: closing errors between neighbouring scales, and one page to read."""
