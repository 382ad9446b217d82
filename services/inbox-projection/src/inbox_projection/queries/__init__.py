"""SQL of what the API reads from the views."""
