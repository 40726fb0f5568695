"""What the page that compares two runs shows: what was asked, numbers, curves, fields."""
