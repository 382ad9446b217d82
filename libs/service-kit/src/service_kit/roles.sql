-- Postroom's roles in PostgreSQL, one for each service, and the schemas that each owns. Run it in Postroom's database as
-- a superuser; in a new database its owner will do, if he may create roles. It may be run again, and then changes what
-- differs: schemas and tables that other roles own are handed over, for which the services must stand still.
DO $roles$
DECLARE
    wanted record;
    owned record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES ('router', false), ('inbox_projection', true), ('ingest_email', false),
                              ('analytics', true))
            AS v (role, rebuilds_views)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted.role);
        END IF;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted.role);
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), wanted.role);
        IF wanted.rebuilds_views THEN
            EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), wanted.role);
        END IF;
    END LOOP;

    -- The views' schemas are made, renamed and dropped by their service; the others are waiting for it.
    FOR wanted IN
        SELECT * FROM (VALUES ('router', 'router', true), ('keyring', 'router', true),
                              ('inbox_projection', 'inbox_projection', true), ('auth', 'inbox_projection', true),
                              ('inbox', 'inbox_projection', false), ('inbox_next', 'inbox_projection', false),
                              ('ingest_email', 'ingest_email', true),
                              ('analytics', 'analytics', false), ('analytics_next', 'analytics', false))
            AS v (schema, role, waiting)
    LOOP
        IF to_regnamespace(quote_ident(wanted.schema)) IS NOT NULL THEN
            EXECUTE format('ALTER SCHEMA %I OWNER TO %I', wanted.schema, wanted.role);
        ELSIF wanted.waiting THEN
            EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', wanted.schema, wanted.role);
        END IF;
        FOR owned IN
            SELECT c.oid::regclass AS name FROM pg_class c
            WHERE c.relnamespace = to_regnamespace(quote_ident(wanted.schema)) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
              AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = wanted.role)
              AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid
                       AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
        LOOP
            EXECUTE format('ALTER TABLE %s OWNER TO %I', owned.name, wanted.role);
        END LOOP;
    END LOOP;

    -- The reports' API checks log-ins; where the tables come later, their migration allows it.
    IF to_regclass('auth.sessions') IS NOT NULL AND to_regclass('auth.api_tokens') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA auth TO analytics;
        GRANT SELECT (agent_id, token_hash, revoked_at) ON auth.api_tokens TO analytics;
        GRANT SELECT (agent_id, token_hash, previous_hash, rotated_at, seen_at, expires_at) ON auth.sessions TO analytics;
    END IF;
END
$roles$;
