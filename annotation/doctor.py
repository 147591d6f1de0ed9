"""Whether a Label Studio server is as a team needs it, and what to do where it is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from annotation.client import Client
from annotation.label_studio_backend import LabelStudioBackend
from washplant.errors import LabelError

TESTED = ((1, 20), (1, 24))
CLOCK_S = 60


class Finding(NamedTuple):
    """One thing that was looked at. `state`: ok, warning or wrong; `next_step` is empty when it is ok."""

    state: str
    what: str
    next_step: str = ""


def examine(backend: LabelStudioBackend) -> list[Finding]:
    """All findings; what comes after a server that cannot be reached or a token that is refused is not looked at."""
    found: list[Finding] = []
    with backend.options.client() as client:
        for look in (_server, _account):
            try:
                found += look(client)
            except LabelError as error:
                return [*found, Finding("wrong", f"{error.where}: {error.what}", error.next_step)]
        projects = [project.id for project in backend.projects(client)]
        for check in (_token, _roles, _webhooks, _clock):
            found += _guarded(check, client)
        for project in projects:
            found += _guarded(lambda each, project=project: _storage(each, project), client)  # type: ignore[misc]
        if not projects:
            found.append(Finding("warning", "no project of ours yet", "washplant label setup"))
    return found


def _guarded(check: Callable[[Client], Iterator[Finding]], client: Client) -> list[Finding]:
    try:
        return list(check(client))
    except LabelError as error:
        return [Finding("warning", f"cannot be looked at: {error.what}", error.next_step)]


def _server(client: Client) -> Iterator[Finding]:
    said = client.get("version")
    release = str(said.get("release", "?"))
    numbers = tuple(int(part) for part in release.split(".")[:2] if part.isdigit())
    if TESTED[0] <= numbers < TESTED[1]:
        yield Finding("ok", f"Label Studio {release} {said.get('edition', '')} at {client.url}")
    else:
        yield Finding("warning", f"Label Studio {release} at {client.url} is not a version this was tested with", "use 1.23")
    if not client.url.startswith("https://") and not any(name in client.url for name in ("//127.", "//localhost")):
        yield Finding("warning", "the token travels in the clear", "put a proxy with TLS in front, and set `url` to https://")


def _account(client: Client) -> Iterator[Finding]:
    me = client.get("current-user/whoami")
    kind = "personal access token" if client.personal else "legacy token"
    yield Finding("ok", f"the {kind} is of {me['email']}")
    missing = {"projects.create", "tasks.create", "annotations.view"} - set(me.get("permissions", ()))
    if missing:
        yield Finding("wrong", f"the account may not: {', '.join(sorted(missing))}", "use one with these permissions")


def _token(client: Client) -> Iterator[Finding]:
    settings = client.get("jwt/settings")
    if not client.personal and not settings.get("legacy_api_tokens_enabled", True):
        yield Finding("wrong", "legacy tokens are switched off", "make a personal access token under Account & Settings")
    elif not client.personal:
        yield Finding("warning", "a legacy token never expires", "a personal access token can be withdrawn")


def _roles(client: Client) -> Iterator[Finding]:
    users = client.get("users/")
    edition = client.get("version").get("edition", "")
    if edition == "Community" and len(users) > 1:
        yield Finding(
            "warning",
            f"{len(users)} people, and no roles in Community: each may delete projects and read others' answers",
            "pull often: what was pulled is kept; back up the database; let nobody in who is not trusted",
        )


def _webhooks(client: Client) -> Iterator[Finding]:
    hooks: list[dict[str, Any]] = client.get("webhooks/")
    if hooks:
        yield Finding("warning", f"{len(hooks)} webhooks: each answer waits up to 1 s for them", "none is needed for washplant")
    else:
        yield Finding("ok", "no webhooks; none is needed")


def _clock(client: Client) -> Iterator[Finding]:
    off = client.clock() - time.time()
    if abs(off) > CLOCK_S:
        yield Finding("warning", f"its clock is {off:+.0f} s off ours", "set both by NTP: tokens expire by the clock")
    else:
        yield Finding("ok", "its clock agrees with ours")


def _storage(client: Client, project: int) -> Iterator[Finding]:
    """Images are served only from folders that a storage of the project names."""
    screen = client.get(f"projects/{project}/")
    if "<Image" not in screen["label_config"]:
        return
    stores = [*client.get("storages/localfiles", project=project), *client.get("storages/s3", project=project)]
    if stores:
        yield Finding("ok", f"project {project}: {len(stores)} storages serve its images")
    else:
        yield Finding(
            "warning",
            f"project {project} has no storage: local images and s3:// addresses do not show",
            "in the project open Settings → Cloud Storage, add the images' folder (below "
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT) or bucket; https:// addresses need none",
        )
