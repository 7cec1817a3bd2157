-- Who sees what. A row is for the readers it names, or for every caller when it names none.
-- Anonymous sign-ins, and requests that carry no user at all, are no callers.

-- Names that the verified token of this request answers to: the user's id and e-mail
-- address, role:<role>, and group:<name> of app_metadata.groups, which users cannot change
-- themselves. Empty for anonymous callers.
create function mesh_principals() returns text[]
language plpgsql stable
set search_path from current
as $$
declare
    v_claims jsonb;
    v_role text;
    v_names text[];
begin
    v_claims := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
    v_role := v_claims ->> 'role';
    if v_role is null or v_role in ('', 'anon')
        or coalesce(v_claims -> 'is_anonymous', 'false') <> 'false'::jsonb
    then
        return '{}';
    end if;
    -- An id that looks like a role or a group is none.
    select coalesce(array_agg(name), '{}') into v_names
    from unnest(array[v_claims ->> 'sub', v_claims ->> 'email']) as name
    where name <> '' and name !~ '^(role|group):';
    v_names := v_names || ('role:' || v_role);
    if jsonb_typeof(v_claims #> '{app_metadata,groups}') = 'array' then
        select v_names || coalesce(array_agg('group:' || name), '{}') into v_names
        from jsonb_array_elements_text(v_claims #> '{app_metadata,groups}') as name;
    end if;
    return v_names;
end
$$;

do $$
declare
    v_table text;
    v_rule text;
begin
    foreach v_table in array array[
        'mesh_documents', 'mesh_passages', 'mesh_tickets', 'mesh_commits',
        'mesh_code_files', 'mesh_code_parts', 'mesh_embedding', 'mesh_migrations'
    ] loop
        -- Supabase gives new tables to anon and authenticated by default.
        execute format('revoke all on table %I from public, anon, authenticated', v_table);
        execute format('alter table %I enable row level security', v_table);
        continue when v_table = 'mesh_migrations';
        -- The tables' owner is no exception, unless it may bypass row-level security.
        execute format('alter table %I force row level security', v_table);
        execute format('grant select on table %I to mesh_server, authenticated', v_table);
        execute format('grant select, insert, update, delete on table %I to mesh_ingest', v_table);
        v_rule := 'cardinality((select mesh_principals())) > 0';
        if v_table <> 'mesh_embedding' then
            v_rule := v_rule || ' and (readers is null or readers && (select mesh_principals()))';
        end if;
        execute format(
            'create policy %I on %I for select to mesh_server, authenticated using (%s)',
            v_table || '_readers', v_table, v_rule
        );
        execute format(
            'create policy %I on %I for all to mesh_ingest using (true) with check (true)',
            v_table || '_ingestion', v_table
        );
    end loop;
end
$$;
