-- What is searched. Everything is called mesh_, so that nothing else in this schema is
-- touched. Common to the searched tables:
--   identifiers  words inside camel-case names, as identifier_parts() of
--                mcp_app/knowledge/embedded/terms.py gives them
--   words        what full-text search looks at; made by the database
--   embedding    null until embedded
--   digest       SHA-256 of what was embedded and by which model; whoever writes rows keeps it
--   readers      who may see the row, see mesh_principals(); null means every caller

create table mesh_documents (
    id text primary key,
    title text not null,
    corpus text not null,
    link text,
    digest text,
    readers text[],
    ingested_at timestamptz not null default now()
);

create table mesh_passages (
    id text primary key,
    document text not null references mesh_documents on delete cascade on update cascade,
    ordinal integer not null,
    heading text[] not null default '{}',
    anchor text not null default '',
    text text not null,
    identifiers text not null default '',
    -- The document's, kept equal by triggers.
    title text not null default '',
    readers text[],
    words tsvector not null generated always as (
        setweight(mesh_words(heading[array_upper(heading, 1)]), 'A')
        || setweight(mesh_words(title), 'B')
        || setweight(mesh_words(text), 'C')
        || setweight(mesh_words(identifiers), 'D')
    ) stored,
    embedding vector(1536),
    digest text,
    ingested_at timestamptz not null default now()
);
create index mesh_passages_document on mesh_passages (document, ordinal);

create table mesh_tickets (
    key text primary key,
    project text not null,
    type text,
    status text,
    priority text,
    summary text not null,
    description text not null default '',
    labels text[] not null default '{}',
    assignee text,
    link text,
    created_at timestamptz,
    updated_at timestamptz,
    identifiers text not null default '',
    readers text[],
    words tsvector not null generated always as (
        setweight(mesh_words(key), 'A')
        || setweight(mesh_words(summary), 'A')
        || setweight(mesh_words(mesh_joined(labels)), 'B')
        || setweight(mesh_words(description), 'C')
        || setweight(mesh_words(identifiers), 'D')
    ) stored,
    embedding vector(1536),
    digest text,
    ingested_at timestamptz not null default now()
);

create table mesh_commits (
    id text primary key,
    repository text not null,
    hash text not null,
    subject text not null,
    body text not null default '',
    author text not null,
    -- The author's date: as git gives it, and as a moment.
    date text not null,
    committed_at timestamptz not null,
    -- The first 50: [{"path": ..., "additions": 1, "deletions": null}].
    files jsonb not null default '[]',
    -- All of them, for the path filter; the first 200 are searched.
    paths text[] not null default '{}',
    files_changed integer,
    additions integer,
    deletions integer,
    link text,
    identifiers text not null default '',
    readers text[],
    words tsvector not null generated always as (
        setweight(mesh_words(subject), 'A')
        || setweight(mesh_words(body), 'C')
        || setweight(mesh_words(mesh_joined(paths[1:200])), 'C')
        || setweight(mesh_words(identifiers), 'D')
    ) stored,
    embedding vector(1536),
    digest text,
    ingested_at timestamptz not null default now()
);
create index mesh_commits_repository on mesh_commits (repository, committed_at);

create table mesh_code_files (
    id text primary key,
    repository text not null,
    path text not null,
    language text,
    -- Without the dot, lower case; '' when the file has none.
    extension text not null,
    size_bytes bigint not null,
    lines integer not null,
    link text,
    digest text,
    readers text[],
    ingested_at timestamptz not null default now()
);

create table mesh_code_parts (
    id text primary key,
    file text not null references mesh_code_files on delete cascade on update cascade,
    start_line integer not null,
    end_line integer not null,
    symbols text[] not null default '{}',
    text text not null,
    identifiers text not null default '',
    -- The file's, kept equal by triggers.
    path text not null default '',
    readers text[],
    words tsvector not null generated always as (
        setweight(mesh_words(mesh_joined(symbols)), 'A')
        || setweight(mesh_words(path), 'B')
        || setweight(mesh_words(text), 'C')
        || setweight(mesh_words(identifiers), 'D')
    ) stored,
    embedding vector(1536),
    digest text,
    ingested_at timestamptz not null default now()
);
create index mesh_code_parts_file on mesh_code_parts (file, start_line);

-- Which model all embeddings here are from: one row at most, none before the first embedding.
create table mesh_embedding (
    only_row boolean primary key default true check (only_row),
    model text not null,
    dimensions integer not null check (dimensions = 1536),
    ingested_at timestamptz not null default now()
);

do $$
declare
    v_table text;
begin
    foreach v_table in array array['mesh_passages', 'mesh_tickets', 'mesh_commits', 'mesh_code_parts'] loop
        execute format('create index %I on %I using gin (words)', v_table || '_words', v_table);
        execute format(
            'create index %I on %I using hnsw (embedding vector_cosine_ops) '
            'with (m = 16, ef_construction = 64)',
            v_table || '_embedding', v_table
        );
    end loop;
end
$$;

-- A passage is called and guarded as its document is, a part of code as its file is,
-- whatever is written into the passage or the part.
create function mesh_passage_of_document() returns trigger
language plpgsql
set search_path from current
as $$
begin
    select title, readers into new.title, new.readers
    from mesh_documents where id = new.document;
    return new;
end
$$;
create trigger mesh_passage_of_document before insert or update of document, title, readers
on mesh_passages for each row execute function mesh_passage_of_document();

create function mesh_document_changed() returns trigger
language plpgsql
set search_path from current
as $$
begin
    update mesh_passages set title = new.title, readers = new.readers where document = new.id;
    return null;
end
$$;
create trigger mesh_document_changed after update on mesh_documents for each row
when (old.title is distinct from new.title or old.readers is distinct from new.readers)
execute function mesh_document_changed();

create function mesh_part_of_file() returns trigger
language plpgsql
set search_path from current
as $$
begin
    select path, readers into new.path, new.readers
    from mesh_code_files where id = new.file;
    return new;
end
$$;
create trigger mesh_part_of_file before insert or update of file, path, readers
on mesh_code_parts for each row execute function mesh_part_of_file();

create function mesh_file_changed() returns trigger
language plpgsql
set search_path from current
as $$
begin
    update mesh_code_parts set path = new.path, readers = new.readers where file = new.id;
    return null;
end
$$;
create trigger mesh_file_changed after update on mesh_code_files for each row
when (old.path is distinct from new.path or old.readers is distinct from new.readers)
execute function mesh_file_changed();
