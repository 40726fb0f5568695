"""What the pages of a sweep show: which part of it, drawn how, and its points in rows."""
