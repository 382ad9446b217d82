"""Numbered SQL of the schema `ingest_email`."""
