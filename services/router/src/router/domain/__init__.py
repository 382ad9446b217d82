"""Deciders and policies of the router: pure."""
