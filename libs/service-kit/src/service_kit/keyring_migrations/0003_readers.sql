-- Who reads what the router writes here: who shows or sends content reads keys, channel services their secrets too.
-- Where all services share one role, there is nobody to allow. `python -m service_kit.roles` runs this again.
DO $readers$
DECLARE
    allowed record;
BEGIN
    FOR allowed IN
        SELECT r.rolname AS reader, c.oid::regclass AS readable
        FROM (VALUES ('inbox_projection', 'keys'), ('ingest_email', 'keys'), ('ingest_email', 'secrets'))
             AS v (reader, readable)
        JOIN pg_roles r ON r.rolname = v.reader
        JOIN pg_class c ON c.relname = v.readable AND c.relnamespace = to_regnamespace('keyring')
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA keyring TO %I', allowed.reader);
        EXECUTE format('GRANT SELECT ON %s TO %I', allowed.readable, allowed.reader);
    END LOOP;
END
$readers$;
