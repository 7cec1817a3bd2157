-- Languages. Each document, ticket and commit has one, which ingestion recognises; its words have
-- the stems of that language. A query is asked in every language that there is, all at once: a
-- word of it is found by any of its stems.

alter table mesh_documents add column language text not null default 'english';
alter table mesh_passages add column language text not null default 'english';
alter table mesh_tickets add column language text not null default 'english';
alter table mesh_commits add column language text not null default 'english';

-- Documents and code have dates, and a list of changes is known as one.
alter table mesh_documents add column changed_at timestamptz;
alter table mesh_documents add column changelog boolean not null default false;
alter table mesh_passages add column changelog boolean not null default false;
alter table mesh_code_files add column changed_at timestamptz;

-- The languages that documents, tickets and commits are in; the one that most are in has place 1.
-- `mesh ingest` counts them. Everybody may read them, so it says no numbers of hidden documents.
create table mesh_languages (
    language text primary key,
    place bigint not null
);
alter table mesh_languages enable row level security;
create policy mesh_languages_read on mesh_languages for select
to mesh_server, authenticated, mesh_ingest using (true);
create policy mesh_languages_write on mesh_languages for all to mesh_ingest
using (true) with check (true);
revoke all on mesh_languages from public, anon, authenticated;
grant select on mesh_languages to mesh_server, authenticated;
grant select, insert, update, delete on mesh_languages to mesh_ingest;

create function mesh_count_languages() returns void
language sql
set search_path from current
as $$
    delete from mesh_languages;
    insert into mesh_languages
    select language, row_number() over (order by count(*) desc, language) from (
        select language from mesh_documents
        union all select language from mesh_tickets
        union all select language from mesh_commits
    ) as every
    group by language
$$;

-- English where nothing is counted.
create function mesh_known_languages() returns text[]
language sql stable parallel safe
set search_path from current
as $$
    select coalesce(array_agg(language order by place), '{english}')
    from mesh_languages
$$;

-- A language that PostgreSQL has no stems for is read as English.
create function mesh_configuration(p_language text) returns regconfig
language sql immutable parallel safe
as $$
    select case p_language
        when 'german' then 'pg_catalog.german'::regconfig
        when 'french' then 'pg_catalog.french'::regconfig
        when 'spanish' then 'pg_catalog.spanish'::regconfig
        when 'italian' then 'pg_catalog.italian'::regconfig
        when 'portuguese' then 'pg_catalog.portuguese'::regconfig
        when 'dutch' then 'pg_catalog.dutch'::regconfig
        when 'russian' then 'pg_catalog.russian'::regconfig
        else 'pg_catalog.english'::regconfig
    end
$$;

create function mesh_words(p_language text, p_text text) returns tsvector
language sql immutable parallel safe
set search_path from current
as $$
    select to_tsvector(mesh_configuration(p_language), mesh_plain(replace(coalesce(p_text, ''), 'ё', 'е')))
$$;

-- The same words of grammar and of asking as STOP_WORDS in
-- mcp_app/knowledge/embedded/language/stop_words.py; a test compares them.
create function mesh_stop_words(p_language text) returns text[]
language sql immutable parallel safe
as $$
    select regexp_split_to_array(
        case p_language
        when 'english' then
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
            wouldn yes yet you your yours yourself yourselves'
        when 'german' then
            'aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes
            auch auf aus bei beim bin bis bist bitte da dabei damit dann das dass davon dazu dein deine dem
            den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine
            einem einen einer eines einige er es etwas euch euer falls für gegen geht gibt hab habe haben
            hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins
            ist ja je jede jedem jeden jeder jedes jemand jene jetzt kann kein keine keinem keinen keiner
            können könnte machen macht man manche mehr mein meine meinem meinen meiner mich mir mit muss
            musste müssen nach nein nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen
            seiner selbst sich sie sind so solche soll sollte sondern sonst sowie tun um und uns unser unter
            viel vom von vor war waren warum was weil weiter welche welchem welchen welcher welches wenn wer
            werde werden wie wieder will wir wird wirst wo wollen wozu wurde wurden würde zu zum zur zwar
            zwischen über'
        when 'french' then
            'a afin ai ainsi alors au aucun aussi autre autres aux avant avec avoir c ce ceci cela celle
            celui ces cet cette chaque chez ci comme comment d dans de des donc dont du elle elles en encore
            entre est et eu eux faire fait faut il ils j je l la le les leur leurs lors lui ma mais me mes
            moi mon même n ne ni nos notre nous on ont or ou où par pas pendant peu peut peuvent plus
            plusieurs pour pourquoi puis qu quand que quel quelle quelles quels qui s sa sans se sera ses si
            soit son sont sous sur ta te tes toi ton tous tout toute toutes très tu un une vers vos votre
            vous y été être'
        when 'spanish' then
            'a al algo alguna algunas algunos algún ante antes aquel aquí así aunque aún cada como con contra
            cual cuando cuál cuándo cómo de del desde donde dos dónde e el ella ellas ellos en entre era es
            esa ese eso esta estas este esto estos está están fue ha hace hacer hacia han hasta hay la las
            le les lo los me mi mis mismo muy más nada ni no nos nosotros o os otra otro otros para pero
            poco por porque puede pueden que quien quién qué se sea según ser si sido sin sobre son su sus
            sí también tan tanto te tiene tienen todo todos tu tú un una uno unos usted y ya yo él'
        when 'italian' then
            'a ad agli ai al alla alle allo anche ancora c che chi ci come con cosa così cui da dagli dai dal
            dalla dalle degli dei del della delle dello di dove e ed era essere fa fare gli ha hanno ho i il
            in io l la le lei li lo loro lui ma me mi mio molto ne negli nei nel nella nelle noi non nostro
            o ogni per perché più possono può qual quale quali quando quanto quella quelle quello questa
            queste questi questo qui se sei senza si sia sono stato su sua sue sugli sui sul sulla suo tra
            tu tutti tutto un una uno vi voi è'
        when 'portuguese' then
            'a ao aos as até cada com como da das de dela dele depois do dos e ela elas ele eles em entre era
            essa esse esta estas este estes está estão eu foi foram há isso isto já lhe lo mais mas me mesmo
            meu minha muito na nas nem no nos num numa não nós o os ou para pela pelas pelo pelos pode podem
            por porque qual quando que quem se sem ser seu seus sobre sua suas são só também te tem todo
            todos tu têm um uma você vocês à às é'
        when 'dutch' then
            'aan al alle alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus
            een en er ge geen haar had heb hebben heeft hem het hier hij hoe hun ik in is ja je kan kunnen
            maar me meer men met mij mijn moet moeten na naar niet niets nog nu of om omdat ons ook op over
            reeds te tegen toch toen tot u uit uw van veel voor want waren was wat we wel werd wie wij
            worden wordt zal ze zei zelf zich zij zijn zo zonder zou'
        when 'russian' then
            'а без более больше будет бы был была были было быть в вам вас весь во вот все всего всех всё вы
            где да даже для до другой его ее если есть еще ещё её же за здесь и из или им их к как какая
            какие какой когда кто куда ли либо лучше между меня мне много может можно мой моя мы на над надо
            нам нас не него нее нет неё нибудь никогда них но ну нужно о об один он она они оно опять от
            перед по под после потом потому почему почти при про раз с сам свой себе себя сейчас сколько со
            совсем так также такой там тебя тем теперь то тогда того тоже только том тот три тут ты у уже
            хорошо хоть чего чем через что чтоб чтобы чуть эта эти это этого этой этом этот эту я'
        else ''
        end,
        '\s+'
    )
$$;

-- The words of a run of Chinese, Japanese or Korean characters. Katakana spells whole words.
-- Of the others the overlapping pairs count, since nothing marks words. Hiragana is grammar.
create function mesh_run_words(p_run text, p_hiragana boolean) returns text[]
language plpgsql immutable parallel safe
set search_path from current
as $$
declare
    -- The same as CHINESE_STOP_WORDS beside STOP_WORDS.
    c_stop constant text[] := regexp_split_to_array(
        '为什么 怎么样 有没有 是不是 并且 如何 怎样 怎么 什么 哪些 哪个 哪里 可以 如果 为了 一个 自己 能否 是否 的 了 和 是 在 我 有 这 个 们 与 及 或 也 就 都 要 把 被 从 对 将 并 而 但 请 吗 呢 吧',
        ' '
    );
    v_pieces text[] := '{}';
    v_piece text;
    v_stop text;
    v_rest text;
begin
    for v_piece in select (regexp_matches(
        p_run,
        '[\u30a1-\u30ff]+|[\u3041-\u309f]+|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[\uac00-\ud7af]+',
        'g'
    ))[1] loop
        continue when (v_piece ~ '^[\u3041-\u309f]') is distinct from p_hiragana;
        if v_piece ~ '^[\u30a1-\u30ff]' then
            v_pieces := v_pieces || v_piece;
            continue;
        end if;
        foreach v_stop in array c_stop loop
            -- A run that is nothing else may be what somebody asks about.
            v_rest := trim(replace(v_piece, v_stop, ' '));
            v_piece := case v_rest when '' then v_piece else v_rest end;
        end loop;
        foreach v_rest in array regexp_split_to_array(v_piece, '\s+') loop
            for v_at in 1 .. greatest(char_length(v_rest) - 1, 1) loop
                v_pieces := v_pieces || substr(v_rest, v_at, 2);
            end loop;
        end loop;
    end loop;
    return v_pieces;
end
$$;

-- A word as a query: by its stems in each of these languages.
create function mesh_term(p_word text, p_languages text[]) returns tsquery
language plpgsql immutable parallel safe
set search_path from current
as $$
declare
    v_plain text := mesh_plain(replace(p_word, 'ё', 'е'));
    v_parts text;
    v_language text;
    v_one tsquery;
    v_term tsquery;
begin
    if p_word ~ '^[A-Za-z][A-Za-z0-9]*$' and p_word ~ '[a-z0-9][A-Z]|[A-Z]{2}[a-z]' then
        v_parts := regexp_replace(
            regexp_replace(p_word, '([A-Z]+)([A-Z][a-z])', '\1 \2', 'g'),
            '([a-z0-9])([A-Z])', '\1 \2', 'g'
        );
    end if;
    foreach v_language in array p_languages loop
        v_one := phraseto_tsquery(mesh_configuration(v_language), v_plain);
        if v_parts is not null then
            v_one := v_one || phraseto_tsquery(mesh_configuration(v_language), v_parts);
        end if;
        continue when numnode(v_one) = 0 or coalesce(v_one = v_term, false);
        v_term := case when v_term is null then v_one else v_term || v_one end;
    end loop;
    return v_term;
end
$$;

-- See 0002_words.sql. Words of grammar are left out: those of English and Russian, those of the
-- language that most of the documents are in, and those of a language that two words show.
create or replace function mesh_terms(p_query text) returns tsquery[]
language plpgsql stable parallel safe
set search_path from current
as $$
declare
    c_cjk constant text := '[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]';
    v_languages text[] := mesh_known_languages();
    v_stop text[];
    v_words text[];
    v_word text;
    v_pieces text[] := '{}';
    v_grammar text[] := '{}';
    v_terms tsquery[] := '{}';
    v_term tsquery;
begin
    v_words := array(select (regexp_matches(
        replace(left(p_query, 20000), E'\u2019', ''''),
        '[0-9]+(?:\.[0-9]+)+|[A-Za-z][A-Za-z0-9]*-[0-9]+|[^\s!-/:-@\[-`{-~]+', 'g'
    ))[1]);
    v_stop := mesh_stop_words('english') || mesh_stop_words('russian') || mesh_stop_words(v_languages[1]);
    for v_word in
        select language from unnest(v_languages[2:]) as language
        where 2 <= (
            select count(distinct lower(word)) from unnest(v_words) as word
            where lower(word) = any (mesh_stop_words(language))
        )
    loop
        v_stop := v_stop || mesh_stop_words(v_word);
    end loop;
    foreach v_word in array v_words loop
        continue when lower(v_word) = any (v_stop);
        if v_word !~ c_cjk then
            v_pieces := v_pieces || v_word;
            continue;
        end if;
        v_pieces := v_pieces
            || array_remove(regexp_split_to_array(regexp_replace(v_word, c_cjk || '+', ' ', 'g'), '\s+'), '')
            || mesh_run_words(v_word, false);
        v_grammar := v_grammar || mesh_run_words(v_word, true);
    end loop;
    -- Words in hiragana alone count only where the query has nothing else.
    foreach v_word in array case cardinality(v_pieces) when 0 then v_grammar else v_pieces end loop
        v_term := mesh_term(v_word, v_languages);
        continue when v_term is null or v_term = any (v_terms);
        v_terms := v_terms || v_term;
        exit when cardinality(v_terms) = 64;
    end loop;
    return v_terms;
end
$$;

-- A passage has these of its document, whatever is written into it.
create or replace function mesh_passage_of_document() returns trigger
language plpgsql
set search_path from current
as $$
begin
    select title, readers, language, changelog
    into new.title, new.readers, new.language, new.changelog
    from mesh_documents where id = new.document;
    return new;
end
$$;
drop trigger mesh_passage_of_document on mesh_passages;
create trigger mesh_passage_of_document
before insert or update of document, title, readers, language, changelog
on mesh_passages for each row execute function mesh_passage_of_document();

create or replace function mesh_document_changed() returns trigger
language plpgsql
set search_path from current
as $$
begin
    update mesh_passages
    set title = new.title, readers = new.readers, language = new.language, changelog = new.changelog
    where document = new.id;
    return null;
end
$$;
drop trigger mesh_document_changed on mesh_documents;
create trigger mesh_document_changed after update on mesh_documents for each row
when (
    (old.title, old.readers, old.language, old.changelog)
    is distinct from (new.title, new.readers, new.language, new.changelog)
)
execute function mesh_document_changed();

-- The words of what is there are made again, with the same weights; embeddings stay.
alter table mesh_passages drop column words;
alter table mesh_passages add column words tsvector not null generated always as (
    setweight(mesh_words(language, heading[array_upper(heading, 1)]), 'A')
    || setweight(mesh_words(language, title), 'B')
    || setweight(mesh_words(language, text), 'C')
    || setweight(mesh_words(identifiers), 'D')
) stored;
alter table mesh_tickets drop column words;
alter table mesh_tickets add column words tsvector not null generated always as (
    setweight(mesh_words(key), 'A')
    || setweight(mesh_words(language, summary), 'A')
    || setweight(mesh_words(language, mesh_joined(labels)), 'B')
    || setweight(mesh_words(language, description), 'C')
    || setweight(mesh_words(identifiers), 'D')
) stored;
alter table mesh_commits drop column words;
alter table mesh_commits add column words tsvector not null generated always as (
    setweight(mesh_words(language, subject), 'A')
    || setweight(mesh_words(language, body), 'C')
    || setweight(mesh_words(language, mesh_joined(paths[1:200])), 'C')
    || setweight(mesh_words(identifiers), 'D')
) stored;
create index mesh_passages_words on mesh_passages using gin (words);
create index mesh_passages_changelog on mesh_passages (id) where changelog;
create index mesh_tickets_words on mesh_tickets using gin (words);
create index mesh_commits_words on mesh_commits using gin (words);

select mesh_count_languages();
