-- A settled reply that is released again goes on after the attempts it had; one without an attempt since can be cancelled.
ALTER TABLE ingest_email.deliveries ADD COLUMN after_attempt integer NOT NULL DEFAULT 0;
