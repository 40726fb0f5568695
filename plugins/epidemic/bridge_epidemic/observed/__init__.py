"""Cases as they were counted, and what they say of reproduction numbers and selection."""
