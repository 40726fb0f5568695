"""The chain as a page: tables, pictures, and what was assumed."""
