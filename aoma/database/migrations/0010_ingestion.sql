-- What `mesh ingest` keeps beside the rows. `digest` says which text is embedded;
-- `row_digest` says what was written, whatever part of it is embedded: a ticket whose status
-- changed is written again, and keeps its embedding.
do $$
declare
    v_table text;
begin
    foreach v_table in array array['mesh_passages', 'mesh_tickets', 'mesh_commits', 'mesh_code_parts'] loop
        execute format('alter table %I add column if not exists row_digest text', v_table);
        -- The same text is embedded once, however often and wherever it stands.
        execute format('create index if not exists %I on %I (digest)', v_table || '_digest', v_table);
    end loop;
end
$$;
