"""Projections of the inbox: pure."""
