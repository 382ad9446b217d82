"""The reports API: who asks, what, and the answer."""
