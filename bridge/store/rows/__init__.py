"""Many small results: rows of blocks, in a journal until their block is sealed."""
