-- Which rows hold how many of a query's words, by the index of words. A search that runs as its
-- caller cannot use that index: under row-level security PostgreSQL compares a caller's words
-- with a row only after the row's readers, one row after the other, because the comparison is
-- not known to keep secrets (https://www.postgresql.org/docs/current/sql-createpolicy.html,
-- "leakproof"). 50,000 passages took a second. So this looks as mesh_ingest, which may see
-- every row, applies the readers itself, and gives nothing but ids and counts; the searches
-- read the rows as their caller, under row-level security as before.
do $$
declare
    v_table text;
    v_function text;
    v_may_create boolean := has_schema_privilege('mesh_ingest', 'public', 'create');
begin
    -- An owner of functions must be able to make some; taken back below.
    if not v_may_create then
        grant create on schema public to mesh_ingest;
    end if;
    foreach v_table in array array['mesh_passages', 'mesh_tickets', 'mesh_commits', 'mesh_code_parts'] loop
        v_function := replace(v_table, 'mesh_', 'mesh_holding_');
        execute format(
            $f$
            create function %1$I(p_terms tsquery[]) returns table (row_id text, held bigint)
            language sql stable security definer rows 2000
            set search_path from current
            as $body$
                select found.row_id, count(*)
                from unnest(p_terms) as term cross join lateral (
                    select %3$I as row_id from %2$I
                    where words @@ term
                        and cardinality((select mesh_principals())) > 0
                        and (readers is null or readers && (select mesh_principals()))
                ) as found
                group by found.row_id
            $body$
            $f$,
            v_function, v_table, case v_table when 'mesh_tickets' then 'key' else 'id' end
        );
        execute format('revoke all on function %I from public, anon, authenticated', v_function);
        execute format(
            'grant execute on function %I to mesh_server, authenticated, mesh_ingest', v_function
        );
        execute format('alter function %I owner to mesh_ingest', v_function);
    end loop;
    if not v_may_create then
        revoke create on schema public from mesh_ingest;
    end if;
end
$$;
