-- The reports' API checks log-ins. Where all services share one role, there is nobody to allow.
DO $readers$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'analytics') THEN
        GRANT USAGE ON SCHEMA auth TO analytics;
        GRANT SELECT (agent_id, token_hash, revoked_at) ON auth.api_tokens TO analytics;
        GRANT SELECT (agent_id, token_hash, previous_hash, rotated_at, seen_at, expires_at) ON auth.sessions TO analytics;
    END IF;
END
$readers$;
