"""The stages of a run, each with the first of what it gave."""
