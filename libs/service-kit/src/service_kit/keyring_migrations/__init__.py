"""Numbered SQL files of the schema keyring."""
