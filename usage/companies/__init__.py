"""The company list: where it comes from, what people do with it, and what its removals leave in the archive."""
