-- Of a folder whose last days were wanted as history: what came before this time is history.
ALTER TABLE ingest_email.imap_folders ADD COLUMN history_before timestamptz;
