"""Rows of every kind in a database: documents with readers, tickets, commits and code."""

from aoma.local_supabase.openai.hashed_words import embed
from aoma.local_supabase.stack import LocalSupabase

MODEL = "text-embedding-3-small"
PASSAGES = {
    "ingest.md": (None, "Every master file gets a BLAKE3 checksum when it is ingested."),
    "retention.md": (None, "Proxies are kept for ninety days and masters for ever."),
    "contract.md": (["ada@example.com"], "The secret contract ends in December."),
    "board.md": (["group:board"], "The board meets in the cellar."),
}
TICKETS = {
    "AOMA-1": ("AOMA", "Open", "High", "Upload hangs at 99 percent"),
    "AOMA-2": ("AOMA", "Closed", "Low", "Upload button has the wrong colour"),
    "OPS-1": ("OPS", "Open", None, "Backup of the archive fails"),
}
PATHS = ["src/ingest/checksum.py", "README.md", "src/a b/[x].ts"]


def vector(text: str) -> str:
    return f"[{','.join(map(str, embed(text, 1536)))}]"


def fill(supabase: LocalSupabase) -> None:
    """Write them, with embeddings of hashed words."""
    with supabase.connect() as connection:
        connection.execute("set role mesh_ingest")
        connection.execute(
            "insert into mesh_embedding (model, dimensions) values (%s, 1536)", [MODEL]
        )
        for name, (readers, text) in PASSAGES.items():
            connection.execute(
                "insert into mesh_documents (id, title, corpus, readers) "
                "values (%s, %s, 'docs', %s)",
                [name, name.removesuffix(".md").title(), readers],
            )
            connection.execute(
                "insert into mesh_passages (id, document, ordinal, heading, text, embedding) "
                "values (%s, %s, 0, %s, %s, %s)",
                [f"{name}#1", name, ["Rules"], text, vector(text)],
            )
        for key, (project, status, priority, summary) in TICKETS.items():
            connection.execute(
                "insert into mesh_tickets (key, project, status, priority, summary, description, "
                "labels, created_at, embedding) "
                "values (%s, %s, %s, %s, %s, '', '{upload}', '2026-01-31 12:00+02', %s)",
                [key, project, status, priority, summary, vector(summary)],
            )
        for number, path in enumerate(PATHS):
            subject = f"Verify checksums in part {number}"
            connection.execute(
                "insert into mesh_commits (id, repository, hash, subject, author, date, "
                "committed_at, files, paths, files_changed, additions, deletions, embedding) "
                "values (%s, 'vault', %s, %s, 'Ada Byron', %s, %s, %s, %s, 1, 2, 0, %s)",
                [
                    f"vault@{number}",
                    str(number) * 40,
                    subject,
                    "2026-03-31T10:00:00+00:00",
                    "2026-03-31T10:00:00+00:00",
                    f'[{{"path": "{path}", "additions": 2, "deletions": null}}]',
                    [path],
                    vector(subject),
                ],
            )
        connection.execute(
            "insert into mesh_code_files (id, repository, path, language, extension, size_bytes, "
            "lines, link) values ('vault/a.py', 'vault', 'a.py', 'Python', 'py', 9, 2, 'https://x/a.py')"
        )
        connection.execute(
            "insert into mesh_code_parts (id, file, start_line, end_line, symbols, text, "
            "identifiers, embedding) values ('vault/a.py#1', 'vault/a.py', 1, 2, %s, %s, %s, %s)",
            [
                ["verifyChecksum"],
                "def verifyChecksum(asset): ...",
                "verify Checksum",
                vector("verify checksum asset"),
            ],
        )
        connection.commit()
