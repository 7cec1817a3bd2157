"""With SnapStart: connections and secrets of before the snapshot are not used after a restore."""

import pytest

from mesh.runtime.aws import snapshot


@pytest.fixture
def snapped(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    monkeypatch.setattr(snapshot, "_forgetting", [])


@pytest.mark.usefixtures("snapped")
def test_a_copy_opens_its_own_connections_and_reads_its_own_secrets(
    start, supabase_server, parameters
):
    asked = start()
    # As `mesh.runtime.http.instance.start` says it, with this backend's loop.
    snapshot.forgets(lambda: asked.run(asked.backend.close()))
    asked.documents(mode="keyword")
    asked.documents(mode="keyword")
    (connection,) = {request.connection for request in supabase_server.requests}
    reads = len(parameters.reads)

    snapshot.before_snapshot()
    assert asked.backend._services is None
    snapshot.after_restore()

    asked.documents(mode="keyword")
    assert supabase_server.requests[-1].connection != connection
    assert len(parameters.reads) == 2 * reads
