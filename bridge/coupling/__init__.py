"""Scales that talk while they run: closures, coarse steppers, ladders."""
