"""The store explains itself: why a stage ran, what differs between two runs, where a number came from."""
