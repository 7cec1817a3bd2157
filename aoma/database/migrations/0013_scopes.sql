-- Callers of the server who are limited to sources. The server names them in a header of each
-- request, as a JSON array such as ["documents:handbook", "tickets"]; without it a caller is not
-- limited. Policies keep to it, so that every search, list and count does. A restrictive policy
-- takes rows away and gives none: https://www.postgresql.org/docs/current/sql-createpolicy.html

-- The corpora, projects or repositories of a source that this request may see; null for all.
create function mesh_scope(p_source text) returns text[]
language plpgsql stable
set search_path from current
as $$
declare
    v_header text := nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-mesh-sources';
    v_names text[];
begin
    if v_header is null then
        return null;
    end if;
    select coalesce(array_agg(name), '{}') into v_names
    from jsonb_array_elements_text(v_header::jsonb) as name;
    if p_source = any (v_names) then
        return null;
    end if;
    return array(
        select substr(name, length(p_source) + 2) from unnest(v_names) as name
        where starts_with(name, p_source || ':')
    );
end
$$;
revoke all on function mesh_scope(text) from public, anon, authenticated;
grant execute on function mesh_scope(text) to mesh_server, authenticated, mesh_ingest;

do $$
declare
    v_rule record;
    v_function text;
    v_role text := current_setting('role');
    v_may_create boolean := has_schema_privilege('mesh_ingest', 'public', 'create');
begin
    if not v_may_create then
        grant create on schema public to mesh_ingest;
    end if;
    for v_rule in
        select *
        from (values
            ('mesh_documents', 'documents', 'corpus = any (%s)'),
            (
                'mesh_passages', 'documents',
                'document in (select parent.id from mesh_documents as parent where parent.corpus = any (%s))'
            ),
            ('mesh_tickets', 'tickets', 'project = any (%s)'),
            ('mesh_commits', 'commits', 'repository = any (%s)'),
            ('mesh_code_files', 'code', 'repository = any (%s)'),
            (
                'mesh_code_parts', 'code',
                'file in (select parent.id from mesh_code_files as parent where parent.repository = any (%s))'
            )
        ) as rules (table_name, source, condition)
    loop
        v_rule.condition := format(
            '((select mesh_scope(%1$L)) is null or %2$s)',
            v_rule.source,
            format(v_rule.condition, format('(select mesh_scope(%L))::text[]', v_rule.source))
        );
        execute format(
            'create policy %I on %I as restrictive for select to mesh_server, authenticated using (%s)',
            v_rule.table_name || '_scope', v_rule.table_name, v_rule.condition
        );
        continue when v_rule.table_name in ('mesh_documents', 'mesh_code_files');
        -- These look as mesh_ingest, whom no policy limits: see 0012_holding.sql.
        v_function := replace(v_rule.table_name, 'mesh_', 'mesh_holding_');
        -- As their owner, which whoever migrates may become and need not be.
        perform set_config('role', 'mesh_ingest', true);
        execute format(
            $f$
            create or replace function %1$I(p_terms tsquery[]) returns table (row_id text, held bigint)
            language sql stable security definer rows 2000
            set search_path from current
            as $body$
                select found.row_id, count(*)
                from unnest(p_terms) as term cross join lateral (
                    select %3$I as row_id from %2$I
                    where words @@ term
                        and cardinality((select mesh_principals())) > 0
                        and (readers is null or readers && (select mesh_principals()))
                        and %4$s
                ) as found
                group by found.row_id
            $body$
            $f$,
            v_function, v_rule.table_name,
            case v_rule.table_name when 'mesh_tickets' then 'key' else 'id' end,
            v_rule.condition
        );
        perform set_config('role', v_role, true);
    end loop;
    if not v_may_create then
        revoke create on schema public from mesh_ingest;
    end if;
end
$$;
