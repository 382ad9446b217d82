CREATE TABLE keyring.secrets (
    secret_id  uuid PRIMARY KEY,
    box        bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE keyring.secrets IS 'Passwords and tokens of channels, sealed with the master key; written by the router.';
