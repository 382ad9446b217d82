-- Addresses that contacts had once: erasing the person takes what is kept by their hashes, too.
CREATE TABLE router.former_handles (
    contact_id  uuid NOT NULL,
    handle_hash bytea NOT NULL,
    PRIMARY KEY (contact_id, handle_hash)
);
COMMENT ON TABLE router.former_handles IS 'By what a contact was known once; others may be known by it now.';
