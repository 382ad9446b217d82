-- UIDs that no mail had when the cursor passed them, with the time of passing: [[uid, "time"], …].
ALTER TABLE ingest_email.imap_folders ADD COLUMN gaps jsonb NOT NULL DEFAULT '[]';
