"""Numbered SQL files of the schema `inbox_projection`: state of the API that is no view."""
