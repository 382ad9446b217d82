"""ingest email of Postroom."""
