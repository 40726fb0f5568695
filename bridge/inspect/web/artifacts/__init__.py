"""One artifact: what made it, what it holds, and the same output of other runs."""
