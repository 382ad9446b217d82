"""service kit of Postroom."""
