"""Becomes a role: asks the issuer for this job's token, and STS for the role's credentials."""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"


def answer(request: urllib.request.Request) -> bytes:
    """The body of an answer; the program ends with the reason of a refusal."""
    try:
        with urllib.request.urlopen(request, timeout=30) as opened:  # noqa: S310 - this machine's
            return bytes(opened.read())
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code}: {error.read().decode(errors='replace')}")


seen = {
    "audience": "sts.amazonaws.com",
    "workflow": os.environ["GITHUB_WORKFLOW"],
    "job": os.environ["GITHUB_JOB"],
    "event": os.environ["GITHUB_EVENT_NAME"],
    "ref": os.environ["GITHUB_REF"],
    "environment": os.environ.get("ENVIRONMENT", ""),
}
url = f"{os.environ['ACTIONS_ID_TOKEN_REQUEST_URL']}&{urlencode(seen)}"
bearer = {"Authorization": f"Bearer {os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
token = json.loads(answer(urllib.request.Request(url, headers=bearer)))["value"]  # noqa: S310 - http on this machine
# act has no secrets of an environment: there is one value, with the place for its name.
role = os.environ["INPUT_ROLE"].replace("ENVIRONMENT", seen["environment"])
wanted = {
    "Action": "AssumeRoleWithWebIdentity",
    "Version": "2011-06-15",
    "RoleArn": role,
    "RoleSessionName": "GitHubActions",
    "WebIdentityToken": token,
}
asked = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], data=urlencode(wanted).encode())  # noqa: S310 - as above
found = ET.fromstring(answer(asked)).find(f".//{STS}Credentials")  # noqa: S314 - local AWS wrote it
if found is None:
    sys.exit("STS gave no credentials")
credentials = {
    "AWS_ACCESS_KEY_ID": found.findtext(f"{STS}AccessKeyId"),
    "AWS_SECRET_ACCESS_KEY": found.findtext(f"{STS}SecretAccessKey"),
    "AWS_SESSION_TOKEN": found.findtext(f"{STS}SessionToken"),
    "AWS_REGION": os.environ["INPUT_REGION"],
    "AWS_DEFAULT_REGION": os.environ["INPUT_REGION"],
}
with Path(os.environ["GITHUB_ENV"]).open("a", encoding="utf-8") as variables:
    variables.writelines(f"{name}={value}\n" for name, value in credentials.items())
