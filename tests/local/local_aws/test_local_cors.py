"""CORS settings where AWS's own answer is not documented, and what changes with them."""

import httpx

ORIGIN = {"origin": "https://app.example"}
ASKING = {**ORIGIN, "access-control-request-method": "PUT"}
OWN = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://own.example"}}
"""


def set_cors(function, **cors):
    function.api.update_function_url_config(FunctionName=function.name, Qualifier="live", Cors=cors)


def test_settings_take_effect_at_once_and_go_again(deploy):
    function = deploy(OWN)
    own = function.get(headers=ORIGIN).headers["access-control-allow-origin"]
    assert own == "https://own.example"
    set_cors(function, AllowOrigins=["*"], AllowMethods=["*"], AllowHeaders=["*"])
    both = function.get(headers=ORIGIN).headers.get_list("access-control-allow-origin")
    assert both == ["https://own.example", "*"]
    wanted = {**ASKING, "access-control-request-headers": "x-one,x-two"}
    asked = httpx.options(function.url, headers=wanted).headers
    assert asked["access-control-allow-origin"] == "*"
    assert asked["access-control-allow-methods"] == "PUT"
    assert asked["access-control-allow-headers"] == "x-one,x-two"
    set_cors(function)
    again = httpx.options(function.url, headers=ASKING).headers
    assert again["access-control-allow-origin"] == "https://own.example"


def test_with_credentials_an_origin_is_named(deploy):
    function = deploy(OWN)
    set_cors(function, AllowOrigins=["*"], AllowCredentials=True)
    answer = function.get(headers=ORIGIN).headers
    assert answer.get_list("access-control-allow-origin")[1:] == [ORIGIN["origin"]]


def test_a_preflight_of_another_method_is_allowed_nothing(deploy):
    function = deploy(OWN)
    set_cors(function, AllowOrigins=["*"], AllowMethods=["GET"])
    answer = httpx.options(function.url, headers=ASKING)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_refusals_carry_the_settings_too(deploy):
    function = deploy(OWN, granted=False)
    set_cors(function, AllowOrigins=["*"])
    answer = function.get(headers=ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (403, "*")
