-- Searches. Every value is a parameter, none becomes part of a query's text. Each runs as
-- its caller, so that row-level security decides what is looked at, and gives:
--   score       ts_rank_cd (keyword), cosine similarity (semantic), or the sum over both
--               rankings of 1 / (60 + place) (hybrid: reciprocal rank fusion)
--   coverage    share of the query's distinct words (mesh_terms) that the row holds;
--               null in a semantic search
--   similarity  1 - cosine distance of the embeddings; null in a keyword search
--   candidates  rows looked at before the threshold: those that hold a word (keyword), the
--               nearest ones (semantic), those of both rankings (hybrid)
-- Keyword: rows with all words first, then filled up with those that hold fewer. A row
-- reaches the threshold by coverage or by similarity, whichever the search has.
-- p_context brings rows forward by its words, and neither adds nor takes coverage.

create function mesh_check(
    p_mode text, p_embedding vector, p_limit integer, p_threshold double precision
) returns void
language plpgsql immutable
set search_path from current
as $$
begin
    if p_mode is null or p_mode not in ('keyword', 'semantic', 'hybrid') then
        raise exception 'p_mode is %, and must be keyword, semantic or hybrid', coalesce(p_mode, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    if p_mode <> 'keyword' and p_embedding is null then
        raise exception 'p_embedding is null, and a % search needs it', p_mode
            using errcode = 'invalid_parameter_value';
    end if;
    -- pgvector itself would say so only when there are rows.
    if p_mode <> 'keyword' and vector_dims(p_embedding) <> 1536 then
        raise exception 'different vector dimensions 1536 and %', vector_dims(p_embedding)
            using errcode = 'data_exception';
    end if;
    if p_limit is null or p_limit not between 1 and 100 then
        raise exception 'p_limit is %, and must be 1 to 100', coalesce(p_limit::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    if p_threshold is null or p_threshold not between -1 and 1 then
        raise exception 'p_threshold is %, and must be -1 to 1', coalesce(p_threshold::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
end
$$;

create function mesh_search_passages(
    p_query text,
    p_embedding vector default null,
    p_mode text default 'keyword',
    p_limit integer default 10,
    p_threshold double precision default 0,
    p_context text default ''
) returns table (
    id text,
    document text,
    title text,
    corpus text,
    heading text[],
    text text,
    link text,
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
begin
    perform mesh_check(p_mode, p_embedding, p_limit, p_threshold);
    return query
    with pool as not materialized (
        select * from mesh_passages
    ),
    -- By the index of words, see 0012_holding.sql.
    holding as materialized (
        select holder.row_id, holder.held::double precision / cardinality(v_terms) as coverage
        from mesh_holding_passages(v_terms) as holder
        where p_mode <> 'semantic'
    ),
    -- Coverage comes before rank, so only rows that can be among the first are ranked.
    by_words as (
        select
            holding.*,
            ranked.rank,
            row_number() over (order by coverage desc, ranked.rank desc, row_id) as place
        from holding
        join mesh_passages as found on found.id = holding.row_id
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
        from fused join mesh_passages as found on found.id = fused.row_id
    )
    select
        measured.id,
        measured.document,
        parent.title,
        parent.corpus,
        measured.heading,
        measured.text,
        parent.link || measured.anchor,
        measured.score,
        measured.coverage,
        measured.similarity,
        measured.candidates
    from measured
    join mesh_documents as parent on parent.id = measured.document
    where greatest(measured.coverage, measured.similarity) >= p_threshold
    order by
        case when p_mode = 'keyword' then measured.coverage end desc,
        measured.score desc,
        measured.id
    limit p_limit;
end
$$;
