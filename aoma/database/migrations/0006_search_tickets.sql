-- See 0005_search_passages.sql for what searches give. A filter that is null or empty filters
-- nothing; names are compared without regard to case.

create function mesh_search_tickets(
    p_query text,
    p_embedding vector default null,
    p_mode text default 'keyword',
    p_limit integer default 10,
    p_threshold double precision default 0,
    p_context text default '',
    p_project text default null,
    p_status text[] default null,
    p_priority text[] default null
) returns table (
    id text,
    title text,
    text text,
    link text,
    project text,
    type text,
    status text,
    priority text,
    labels text[],
    assignee text,
    created timestamptz,
    updated timestamptz,
    score double precision,
    coverage double precision,
    similarity double precision,
    candidates bigint
)
language plpgsql stable security invoker
set search_path from current
-- Rows that a filter or row-level security takes away are made up for by further ones.
-- https://github.com/pgvector/pgvector#iterative-index-scans
set hnsw.iterative_scan = strict_order
set hnsw.ef_search = 100
set hnsw.max_scan_tuples = 200000
set hnsw.scan_mem_multiplier = 8
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
    v_terms tsquery[] := mesh_terms(p_query);
    v_ranked tsquery := mesh_any(v_terms || mesh_terms(p_context));
    v_depth integer := greatest(4 * p_limit, 60);
    v_project text := lower(nullif(trim(p_project), ''));
    v_status text[] := mesh_names(p_status);
    v_priority text[] := mesh_names(p_priority);
    v_filtered boolean := num_nonnulls(v_project, v_status, v_priority) > 0;
begin
    perform mesh_check(p_mode, p_embedding, p_limit, p_threshold);
    return query
    with pool as not materialized (
        select * from mesh_tickets
        where (v_project is null or lower(mesh_tickets.project) = v_project)
            and (v_status is null or lower(mesh_tickets.status) = any (v_status))
            and (v_priority is null or lower(mesh_tickets.priority) = any (v_priority))
    ),
    -- By the index of words, see 0012_holding.sql; then only what the filters let through,
    -- looked up where there are any.
    holding as materialized (
        select holder.row_id, holder.held::double precision / cardinality(v_terms) as coverage
        from mesh_holding_tickets(v_terms) as holder
        where p_mode <> 'semantic'
            and (not v_filtered or exists (select from pool where pool.key = holder.row_id))
    ),
    -- Coverage comes before rank, so only rows that can be among the first are ranked.
    by_words as (
        select
            holding.*,
            ranked.rank,
            row_number() over (order by coverage desc, ranked.rank desc, row_id) as place
        from holding
        join mesh_tickets as found on found.key = holding.row_id
        cross join lateral (
            select ts_rank_cd(mesh_weights(), found.words, v_ranked, 1)::double precision as rank
        ) as ranked
        where coverage >= coalesce(
            (select coverage from holding order by coverage desc offset v_depth - 1 limit 1), 0
        )
        order by place
        limit v_depth
    ),
    by_meaning as (
        select near.*, row_number() over (order by distance, row_id) as place
        from (
            select pool.key as row_id, pool.embedding <=> p_embedding as distance
            from pool
            where p_mode <> 'keyword' and pool.embedding is not null
            order by pool.embedding <=> p_embedding
            limit case p_mode when 'semantic' then p_limit else v_depth end
        ) as near
    ),
    fused as (
        select
            row_id,
            by_words.coverage,
            1 - by_meaning.distance as similarity,
            case p_mode
                when 'keyword' then by_words.rank
                when 'semantic' then 1 - by_meaning.distance
                else coalesce(1::double precision / (60 + by_words.place), 0)
                    + coalesce(1::double precision / (60 + by_meaning.place), 0)
            end as score
        from by_words full join by_meaning using (row_id)
    ),
    -- What only one of the two rankings found is measured by the other too.
    measured as (
        select
            found.*,
            fused.score,
            case when p_mode <> 'semantic' then coalesce(fused.coverage, (
                select count(*) from unnest(v_terms) as term where found.words @@ term
            )::double precision / nullif(cardinality(v_terms), 0)) end as coverage,
            case when p_mode <> 'keyword' then
                coalesce(fused.similarity, 1 - (found.embedding <=> p_embedding))
            end as similarity,
            case p_mode
                when 'keyword' then (select count(*) from holding)
                else (select count(*) from fused)
            end as candidates
        from fused join mesh_tickets as found on found.key = fused.row_id
    )
    select
        measured.key,
        measured.summary,
        left(measured.description, 2000),
        measured.link,
        measured.project,
        measured.type,
        measured.status,
        measured.priority,
        measured.labels,
        measured.assignee,
        measured.created_at,
        measured.updated_at,
        measured.score,
        measured.coverage,
        measured.similarity,
        measured.candidates
    from measured
    where greatest(measured.coverage, measured.similarity) >= p_threshold
    order by
        case when p_mode = 'keyword' then measured.coverage end desc,
        measured.score desc,
        measured.key
    limit p_limit;
end
$$;

-- How many tickets pass the filters, in total and by each value; a value that tickets lack
-- is null. The total is always there, the most frequent values first.
create function mesh_count_tickets(
    p_project text default null,
    p_status text[] default null,
    p_priority text[] default null
) returns table (dimension text, value text, count bigint)
language plpgsql stable security invoker
set search_path from current
as $$
#variable_conflict use_column
declare
    v_project text := lower(nullif(trim(p_project), ''));
    v_status text[] := mesh_names(p_status);
    v_priority text[] := mesh_names(p_priority);
begin
    return query
    with counted as (
        select project, status, priority, grouping(project, status, priority) as sets, count(*) as tickets
        from mesh_tickets
        where (v_project is null or lower(project) = v_project)
            and (v_status is null or lower(status) = any (v_status))
            and (v_priority is null or lower(priority) = any (v_priority))
        group by grouping sets ((), (project), (status), (priority))
    ),
    named as (
        select
            case sets when 7 then 'total' when 3 then 'project' when 5 then 'status' else 'priority' end as dimension,
            case sets when 3 then project when 5 then status when 6 then priority end as value,
            tickets
        from counted
    )
    select dimension, value, tickets
    from named
    order by array_position(array['total', 'project', 'status', 'priority'], dimension), tickets desc, value;
end
$$;
