"""router of Postroom."""
