-- Grants that the provider has renewed (RFC 6749 6), sealed as those of keyring.secrets, under the same id: the router
-- writes what a person gave, this service only what came after that.
CREATE TABLE ingest_email.grants (
    secret_id  uuid PRIMARY KEY,
    box        bytea NOT NULL,
    renewed_at timestamptz NOT NULL DEFAULT now()
);
