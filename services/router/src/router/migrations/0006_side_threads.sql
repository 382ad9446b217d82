-- Who takes part by a forward of ours only: their mails join the conversation's side thread.
ALTER TABLE router.participants ADD COLUMN side boolean NOT NULL DEFAULT false;
COMMENT ON TABLE router.participants IS
    'Who may join a conversation by its Message-IDs; side: in its side thread only, where no customer is.';
