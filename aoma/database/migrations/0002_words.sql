-- What a word is, for rows and for queries alike.

-- Rows: signs separate words, so that mcp_app/handler.py is found by "handler", and
-- characters of Chinese, Japanese and Korean stand alone. Without this PostgreSQL's parser
-- keeps paths, e-mail addresses and URLs whole.
create function mesh_plain(p_text text) returns text
language sql immutable parallel safe
as $$
    -- Not translate(), which looks through its list for every character: twenty times slower.
    select regexp_replace(
        -- A tsvector has a limit of 1 MB; no passage comes near it, a pasted log in a ticket does.
        case
            when octet_length(p_text) = char_length(p_text) then left(p_text, 200000)
            else regexp_replace(left(p_text, 200000), '([\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])', ' \1 ', 'g')
        end,
        '[!-/:-@\[-`{-~]+', ' ', 'g'
    )
$$;

create function mesh_words(p_text text) returns tsvector
language sql immutable parallel safe
set search_path from current
as $$
    select to_tsvector('pg_catalog.english', mesh_plain(coalesce(p_text, '')))
$$;

-- array_to_string is only stable, for arrays of any type; for text it cannot change.
create function mesh_joined(p_values text[]) returns text
language sql immutable parallel safe
as $$
    select array_to_string(coalesce(p_values, '{}'), ' ')
$$;

-- How much a word counts where it stands: body D, title and heading B and A, as in the
-- embedded index (mcp_app/knowledge/embedded/schema.py): .5, 1, 4, 6 out of 6.
create function mesh_weights() returns float4[]
language sql immutable parallel safe
as $$
    select '{0.08, 0.17, 0.67, 1.0}'::float4[]
$$;

-- Queries: the distinct words that say what it is about, each as a query of its own, at
-- most 64. Words of grammar and of asking are left out; a version (1.2.3), a ticket's key
-- (ABC-12) count as a whole; readFile is also found as "read file".
create function mesh_terms(p_query text) returns tsquery[]
language plpgsql immutable parallel safe
set search_path from current
as $$
declare
    -- The same list as STOP_WORDS in mcp_app/knowledge/embedded/terms.py; a test compares them.
    c_stop constant text[] := regexp_split_to_array(
        'a about above after again against all also am an and any anybody anyone anything are aren as at
        be because been before being below between both but by can cannot could couldn d describe did
        didn do does doesn doing don down during each either else etc ever every everybody everyone
        everything explain few find for from further get gets getting give given gives go goes going
        gone got had hadn has hasn have haven having he hello help her here hers herself hi him himself
        his how however i if in instead into is isn it its itself just kindly know let lets like ll look
        made make makes many may me might more most much must mustn my myself need needed needs no nor
        not now of off ok on once one only onto or other ought our ours ourselves out over own per
        perhaps please put quite rather re really s same shall shan she should shouldn show so some
        somebody someone something somewhere still such t tell than thank thanks that the their theirs
        them themselves then there these they thing things this those though through thus to too under
        until up upon us use used uses using ve very via want wants was wasn we were weren what whatever
        when where whether which while who whole whom whose why will with within without won would
        wouldn yes yet you your yours yourself yourselves',
        '\s+'
    );
    c_cjk constant text := '[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]';
    v_terms tsquery[] := '{}';
    v_word text;
    v_piece text;
    v_run text;
    v_pieces text[];
    v_term tsquery;
begin
    for v_word in
        select (regexp_matches(
            replace(left(p_query, 20000), E'\u2019', ''''),
            '[0-9]+(?:\.[0-9]+)+|[A-Za-z][A-Za-z0-9]*-[0-9]+|[^\s!-/:-@\[-`{-~]+', 'g'
        ))[1]
    loop
        continue when lower(v_word) = any (c_stop);
        v_pieces := array[v_word];
        if v_word ~ c_cjk then
            -- Nothing marks words in a run of such characters: its overlapping pairs do.
            v_pieces := regexp_split_to_array(trim(regexp_replace(v_word, c_cjk || '+', ' ', 'g')), '\s+');
            for v_run in select (regexp_matches(v_word, c_cjk || '+', 'g'))[1] loop
                for v_at in 1 .. greatest(char_length(v_run) - 1, 1) loop
                    v_pieces := v_pieces || substr(v_run, v_at, 2);
                end loop;
            end loop;
        end if;
        foreach v_piece in array v_pieces loop
            v_term := phraseto_tsquery('pg_catalog.english', mesh_plain(v_piece));
            if v_piece ~ '^[A-Za-z][A-Za-z0-9]*$' and v_piece ~ '[a-z0-9][A-Z]|[A-Z]{2}[a-z]' then
                v_term := v_term || phraseto_tsquery(
                    'pg_catalog.english',
                    regexp_replace(
                        regexp_replace(v_piece, '([A-Z]+)([A-Z][a-z])', '\1 \2', 'g'),
                        '([a-z0-9])([A-Z])', '\1 \2', 'g'
                    )
                );
            end if;
            continue when numnode(v_term) = 0 or v_term = any (v_terms);
            v_terms := v_terms || v_term;
            if cardinality(v_terms) = 64 then
                return v_terms;
            end if;
        end loop;
    end loop;
    return v_terms;
end
$$;

-- A query that any of the terms satisfies; null when there are none.
create function mesh_any(p_terms tsquery[]) returns tsquery
language plpgsql immutable parallel safe
set search_path from current
as $$
declare
    v_any tsquery;
    v_term tsquery;
begin
    foreach v_term in array p_terms loop
        v_any := case when v_any is null then v_term else v_any || v_term end;
    end loop;
    return v_any;
end
$$;

-- Names of a filter, to compare without regard to case; null when there is no filter.
create function mesh_names(p_names text[]) returns text[]
language sql immutable parallel safe
as $$
    select case when cardinality(p_names) > 0 then (
        select coalesce(array_agg(lower(trim(name))), '{}') from unnest(p_names) as name
        where trim(name) <> ''
    ) end
$$;
