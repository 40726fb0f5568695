"""Looking after a store: every bit checked, room made, use told."""
