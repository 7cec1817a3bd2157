"""Which port a Function URL gets."""

import pytest

from mesh.local_aws import LocalAwsError
from mesh.local_aws.function_url.ports import FunctionUrlPorts, PortRange


@pytest.mark.parametrize("text", ["x", "9-8", "0-10", "70000", "1-x"])
def test_a_wrong_port_range_is_refused(text):
    with pytest.raises(LocalAwsError, match="url-ports"):
        PortRange.parse(text)


def test_a_url_has_the_same_port_of_the_range_whatever_was_made_before(tmp_path):
    allowed = PortRange.parse("20000-29999")
    opened: dict[str, set[int]] = {}
    for folder, urls in (("a", ["live", "candidate"]), ("b", ["candidate", "live"])):
        ports = FunctionUrlPorts(tmp_path / folder / "ports.json", allowed)
        for url in urls:
            with ports.open(url) as listener:
                opened.setdefault(url, set()).add(listener.getsockname()[1])
    assert all(len(ports) == 1 for ports in opened.values())
