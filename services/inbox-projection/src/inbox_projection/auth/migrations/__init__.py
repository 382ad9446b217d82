"""Numbered SQL files of the schema `auth`."""
