-- See 0005_search_passages.sql for what searches give. A filter that is null or empty filters
-- nothing; names are compared without regard to case, authors by any part of their name.
-- p_path_regex is for whole paths of changed files (PostgreSQL's regular expressions).

create function mesh_search_commits(
    p_query text,
    p_embedding vector default null,
    p_mode text default 'keyword',
    p_limit integer default 10,
    p_threshold double precision default 0,
    p_context text default '',
    p_repository text[] default null,
    p_author text[] default null,
    p_from timestamptz default null,
    p_to timestamptz default null,
    p_path_regex text default null
) returns table (
    id text,
    title text,
    text text,
    link text,
    repository text,
    hash text,
    author text,
    date text,
    files jsonb,
    files_changed integer,
    additions integer,
    deletions integer,
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
    v_repository text[] := mesh_names(p_repository);
    v_author text[] := mesh_names(p_author);
    v_filtered boolean := num_nonnulls(v_repository, v_author, p_from, p_to, p_path_regex) > 0;
begin
    perform mesh_check(p_mode, p_embedding, p_limit, p_threshold);
    return query
    with pool as not materialized (
        select * from mesh_commits
        where (v_repository is null or lower(mesh_commits.repository) = any (v_repository))
            and (v_author is null or exists (
                select from unnest(v_author) as part where strpos(lower(mesh_commits.author), part) > 0
            ))
            and (p_from is null or committed_at >= p_from)
            and (p_to is null or committed_at <= p_to)
            and (p_path_regex is null or exists (
                select from unnest(paths) as path where path ~ p_path_regex
            ))
    ),
    -- By the index of words, see 0012_holding.sql; then only what the filters let through,
    -- looked up where there are any.
    holding as materialized (
        select holder.row_id, holder.held::double precision / cardinality(v_terms) as coverage
        from mesh_holding_commits(v_terms) as holder
        where p_mode <> 'semantic'
            and (not v_filtered or exists (select from pool where pool.id = holder.row_id))
    ),
    -- Coverage comes before rank, so only rows that can be among the first are ranked.
    by_words as (
        select
            holding.*,
            ranked.rank,
            row_number() over (order by coverage desc, ranked.rank desc, row_id) as place
        from holding
        join mesh_commits as found on found.id = holding.row_id
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
            select pool.id as row_id, pool.embedding <=> p_embedding as distance
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
        from fused join mesh_commits as found on found.id = fused.row_id
    )
    select
        measured.id,
        measured.subject,
        trim(E'\n' from measured.subject || E'\n\n' || measured.body),
        measured.link,
        measured.repository,
        measured.hash,
        measured.author,
        measured.date,
        measured.files,
        measured.files_changed,
        measured.additions,
        measured.deletions,
        measured.score,
        measured.coverage,
        measured.similarity,
        measured.candidates
    from measured
    where greatest(measured.coverage, measured.similarity) >= p_threshold
    order by
        case when p_mode = 'keyword' then measured.coverage end desc,
        measured.score desc,
        measured.id
    limit p_limit;
end
$$;
