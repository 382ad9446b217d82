"""inbox projection of Postroom."""
