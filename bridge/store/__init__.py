"""What a run leaves behind: keys, artifacts, their commit and their verification. The only place for zarr."""
