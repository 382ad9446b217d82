"""Who is asking: credentials, sessions and API tokens, ordinary rows of the schema `auth`."""
