CREATE TABLE keyring.keys (
    key_id     uuid PRIMARY KEY,
    wrapped    bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at  timestamptz,
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE keyring.keys IS 'One data key per person, wrapped by the master key; wrapped NULL: erased.';
