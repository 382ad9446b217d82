"""events of Postroom."""
