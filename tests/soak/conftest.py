"""How long the soak takes: a short form in every test run, the full one when it is asked for."""


def pytest_addoption(parser):
    parser.addoption(
        "--soak-seconds",
        type=float,
        default=10.0,
        help="length of tests/soak, 10 by default, 60 in the full form (give tests/soak as well)",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "soak: many clients for a while; -m 'not soak' leaves it out"
    )
