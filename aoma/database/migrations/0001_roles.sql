-- Who may ask. Supabase has the first four roles already; elsewhere they are made.
do $$
declare
    v_role record;
begin
    for v_role in
        select *
        from (values
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit'),
            ('authenticator', 'nologin noinherit'),
            -- What the server's own token carries.
            ('mesh_server', 'nologin noinherit'),
            -- What ingestion becomes: it writes mesh_ tables and nothing else.
            ('mesh_ingest', 'nologin noinherit')
        ) as wanted (name, options)
    loop
        begin
            if to_regrole(v_role.name) is null then
                execute format('create role %I %s', v_role.name, v_role.options);
            end if;
        exception when duplicate_object or unique_violation then
            -- Roles belong to the whole server: another database's migration was quicker.
            null;
        end;
    end loop;
end
$$;

-- PostgREST logs in as authenticator and becomes what a verified token says.
do $$
declare
    v_role text;
begin
    foreach v_role in array array['anon', 'authenticated', 'mesh_server'] loop
        if not pg_has_role('authenticator', v_role, 'member') then
            execute format('grant %I to authenticator', v_role);
        end if;
    end loop;
    -- Since PostgreSQL 16 a member need not be allowed to become the role.
    if not pg_has_role(current_user, 'mesh_ingest', case
        when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
    end) then
        execute format('grant mesh_ingest to %I', current_user);
    end if;
end
$$;

-- PostgREST applies a role's settings to every request made with that role.
-- https://docs.postgrest.org/en/v12/references/transactions.html#impersonated-role-settings
do $$
begin
    if not exists (
        select from pg_db_role_setting
        where setrole = to_regrole('mesh_server') and setdatabase = 0
    ) then
        alter role mesh_server set statement_timeout = '8s';
    end if;
end
$$;

grant usage on schema public to authenticated, mesh_server, mesh_ingest;

-- The vector type lies in `extensions` on Supabase, and is needed by whoever searches.
do $$
declare
    v_schema text := (
        select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
        where extname = 'vector'
    );
begin
    if v_schema <> 'public' then
        begin
            execute format('grant usage on schema %I to mesh_server, mesh_ingest, authenticated', v_schema);
        exception when insufficient_privilege then
            -- Somebody else's schema; the check after the migrations says so when it matters.
            null;
        end;
    end if;
end
$$;
