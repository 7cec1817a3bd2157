-- A source of which nothing is embedded has no model, whatever other sources have: after
-- `mesh ingest --no-embeddings` a search by meaning says so, instead of finding nothing.
create or replace function mesh_source_states()
returns table (source text, entries bigint, model text, dimensions integer)
language sql stable security invoker
set search_path from current
as $$
    select counted.source, counted.entries, mesh_embedding.model, mesh_embedding.dimensions
    from (
        select
            'documents' as source,
            (select count(*) from mesh_documents) as entries,
            exists (select from mesh_passages where embedding is not null) as embedded
        union all select
            'tickets',
            (select count(*) from mesh_tickets),
            exists (select from mesh_tickets where embedding is not null)
        union all select
            'commits',
            (select count(*) from mesh_commits),
            exists (select from mesh_commits where embedding is not null)
        union all select
            'code',
            (select count(*) from mesh_code_files),
            exists (select from mesh_code_parts where embedding is not null)
    ) as counted
    left join mesh_embedding on counted.embedded or counted.entries = 0
$$;
