"""What is asked of a whole store, answered from an index that can be made anew at any time."""
