"""RO-Crates: a run as a folder or a zip that others can read, and that another store takes in."""
