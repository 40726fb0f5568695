"""Where a store's bytes are: on a disk, or in a bucket; and who holds what there."""
