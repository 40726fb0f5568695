"""Virtual patients, and parameters from observed ones."""
