"""What a sweep varies: axes, tables, distributions and samples, and the points that come of them."""
