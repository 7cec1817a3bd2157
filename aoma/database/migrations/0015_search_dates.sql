-- Searches give the dates of documents and code. Of one document they give at most
-- p_per_document passages, the further ones later. A changelog's words count half. See 0005_search_passages.sql
-- and 0008_search_code.sql for the rest.

drop function mesh_search_passages(text, vector, text, integer, double precision, text);
create function mesh_search_passages(
    p_query text,
    p_embedding vector default null,
    p_mode text default 'keyword',
    p_limit integer default 10,
    p_threshold double precision default 0,
    p_context text default '',
    p_per_document integer default 2
) returns table (
    id text,
    document text,
    title text,
    corpus text,
    heading text[],
    text text,
    link text,
    date text,
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
    -- A changelog names every subject there is, so its words count half, unless a version is asked for.
    v_half double precision := case when p_query ~ '[0-9]\.[0-9]' then 1 else 0.5 end;
begin
    perform mesh_check(p_mode, p_embedding, p_limit, p_threshold);
    if p_per_document is null or p_per_document < 1 then
        raise exception 'p_per_document is %, and must be 1 or more', coalesce(p_per_document::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    return query
    with pool as not materialized (
        select * from mesh_passages
    ),
    -- By the index of words, see 0012_holding.sql.
    holding as materialized (
        select
            row_id,
            coverage,
            coverage * case when changes.id is null then 1 else v_half end as weight
        from (
            select holder.row_id, holder.held::double precision / cardinality(v_terms) as coverage
            from mesh_holding_passages(v_terms) as holder
            where p_mode <> 'semantic'
        ) as held
        left join (select id from mesh_passages where changelog) as changes on changes.id = row_id
    ),
    -- Coverage comes before rank, so only rows that can be among the first are ranked.
    by_words as (
        select
            holding.*,
            ranked.rank,
            row_number() over (order by weight desc, ranked.rank desc, row_id) as place
        from holding
        join mesh_passages as found on found.id = holding.row_id
        cross join lateral (
            select ts_rank_cd(mesh_weights(), found.words, v_ranked, 1)::double precision as rank
        ) as ranked
        where weight >= coalesce(
            (select weight from holding order by weight desc offset v_depth - 1 limit 1), 0
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
            limit v_depth
        ) as near
    ),
    fused as (
        select
            row_id,
            by_words.coverage,
            by_words.weight,
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
            fused.weight,
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
    ),
    -- A long document leaves room for others: its further passages stand five places later.
    placed as (
        select
            measured.*,
            row_number() over (
                partition by measured.document
                order by
                    case when p_mode = 'keyword' then measured.weight end desc,
                    measured.score desc,
                    measured.id
            ) as place_in_document
        from measured
        where greatest(measured.coverage, measured.similarity) >= p_threshold
    )
    select
        placed.id,
        placed.document,
        parent.title,
        parent.corpus,
        placed.heading,
        placed.text,
        parent.link || placed.anchor,
        to_char(parent.changed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        placed.score,
        placed.coverage,
        placed.similarity,
        placed.candidates
    from placed
    join mesh_documents as parent on parent.id = placed.document
    where placed.place_in_document <= p_per_document
    order by
        row_number() over (
            order by
                case when p_mode = 'keyword' then placed.weight end desc,
                placed.score desc,
                placed.id
        ) + 5 * (placed.place_in_document - 1),
        placed.place_in_document desc
    limit p_limit;
end
$$;

drop function mesh_search_code(text, vector, text, integer, double precision, text, text[], text[], text[]);
create function mesh_search_code(
    p_query text,
    p_embedding vector default null,
    p_mode text default 'keyword',
    p_limit integer default 10,
    p_threshold double precision default 0,
    p_context text default '',
    p_repository text[] default null,
    p_language text[] default null,
    p_extension text[] default null
) returns table (
    id text,
    title text,
    text text,
    link text,
    repository text,
    path text,
    language text,
    extension text,
    size_bytes bigint,
    lines integer,
    start_line integer,
    end_line integer,
    date text,
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
    v_depth integer := greatest(10 * p_limit, 200);
    v_repository text[] := mesh_names(p_repository);
    v_language text[] := mesh_names(p_language);
    v_extension text[] := (
        select array_agg(ltrim(name, '.')) from unnest(mesh_names(p_extension)) as name
    );
begin
    perform mesh_check(p_mode, p_embedding, p_limit, p_threshold);
    return query
    with pool as not materialized (
        select mesh_code_parts.*
        from mesh_code_parts join mesh_code_files as parent on parent.id = mesh_code_parts.file
        where (v_repository is null or lower(parent.repository) = any (v_repository))
            and (v_language is null or lower(parent.language) = any (v_language))
            and (v_extension is null or lower(parent.extension) = any (v_extension))
    ),
    -- By the index of words, see 0012_holding.sql; then only what the filters let through.
    holding as materialized (
        select
            pool.id as row_id,
            pool.file,
            holder.held::double precision / cardinality(v_terms) as coverage
        from mesh_holding_code_parts(v_terms) as holder
        join pool on pool.id = holder.row_id
        where p_mode <> 'semantic'
    ),
    -- Coverage comes before rank, so only parts are ranked by which a file can be among the first.
    by_words as (
        select
            holding.row_id,
            holding.coverage,
            ranked.rank,
            row_number() over (order by coverage desc, ranked.rank desc, row_id) as place
        from holding
        join mesh_code_parts as found on found.id = holding.row_id
        cross join lateral (
            select ts_rank_cd(mesh_weights(), found.words, v_ranked, 1)::double precision as rank
        ) as ranked
        where coverage >= coalesce(
            (
                select max(coverage) from holding group by file
                order by max(coverage) desc offset v_depth - 1 limit 1
            ),
            0
        )
        order by place
    ),
    by_meaning as (
        select near.*, row_number() over (order by distance, row_id) as place
        from (
            select pool.id as row_id, pool.embedding <=> p_embedding as distance
            from pool
            where p_mode <> 'keyword' and pool.embedding is not null
            order by pool.embedding <=> p_embedding
            limit v_depth
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
            row_number() over (
                partition by found.file
                order by
                    case when p_mode = 'keyword' then fused.coverage end desc,
                    fused.score desc,
                    found.id
            ) as place_in_file,
            (
                select count(*) from (
                    select file from holding
                    union
                    select part.file
                    from by_meaning join mesh_code_parts as part on part.id = by_meaning.row_id
                ) as files
            ) as candidates
        from fused join mesh_code_parts as found on found.id = fused.row_id
    )
    select
        measured.file || '#L' || measured.start_line || '-L' || measured.end_line,
        parent.path,
        measured.text,
        parent.link || '#L' || measured.start_line || '-L' || measured.end_line,
        parent.repository,
        parent.path,
        parent.language,
        parent.extension,
        parent.size_bytes,
        parent.lines,
        measured.start_line,
        measured.end_line,
        to_char(parent.changed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        measured.score,
        measured.coverage,
        measured.similarity,
        measured.candidates
    from measured join mesh_code_files as parent on parent.id = measured.file
    where measured.place_in_file = 1
        and greatest(measured.coverage, measured.similarity) >= p_threshold
    order by
        case when p_mode = 'keyword' then measured.coverage end desc,
        measured.score desc,
        measured.id
    limit p_limit;
end
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
revoke execute on function mesh_count_languages() from mesh_server, authenticated;
