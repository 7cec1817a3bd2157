"""How long the soak takes: a short form in every test run, the full one when it is asked for."""


def pytest_addoption(parser):
    parser.addoption(
        "--soak-seconds",
        type=float,
        default=10.0,
        help="seconds of tests/local/soak, 10 by default, 60 in full; give the folder too",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "soak: many clients for a while; -m 'not soak' leaves it out"
    )
