"""How much of an output's variance each input, and each scale, accounts for."""
