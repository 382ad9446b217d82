"""local runtime of Postroom."""
