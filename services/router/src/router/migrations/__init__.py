"""Numbered SQL files of the router's own tables in the schema `router`."""
