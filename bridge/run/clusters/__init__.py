"""Where models run: what a cluster file says, how each kind of cluster is started, and what its workers must have."""
