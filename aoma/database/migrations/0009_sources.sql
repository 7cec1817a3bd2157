-- Health and the guard against mixed embeddings in one call: what this caller can see of each
-- source, and which model the embeddings are from (null before the first embedding).
create function mesh_source_states()
returns table (source text, entries bigint, model text, dimensions integer)
language sql stable security invoker
set search_path from current
as $$
    select counted.source, counted.entries, mesh_embedding.model, mesh_embedding.dimensions
    from (
        select 'documents' as source, count(*) as entries from mesh_documents
        union all select 'tickets', count(*) from mesh_tickets
        union all select 'commits', count(*) from mesh_commits
        union all select 'code', count(*) from mesh_code_files
    ) as counted
    left join mesh_embedding on true
$$;

-- Functions are everybody's by default, and on Supabase granted to each role by name.
do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select oid::regprocedure from pg_proc
        where pronamespace = 'public'::regnamespace and starts_with(proname, 'mesh_')
    loop
        execute format('revoke all on function %s from public, anon, authenticated', v_function);
        execute format('grant execute on function %s to mesh_server, authenticated, mesh_ingest', v_function);
    end loop;
end
$$;
