"""Label Studio Community on 127.0.0.1: SQLite, no telemetry, an administrator and three annotators, in its own environment."""

from __future__ import annotations

import hashlib
import http.cookiejar
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

from sandbox.processes import Process, free_port, spawn
from sandbox.server import CHECKOUT, Facts, Server, Unavailable
from scripts.provision import uv
from scripts.provision.checkout import Checkout
from scripts.provision.failure import SetupFailure

ADMIN = "admin@example.com"
ANNOTATORS = ("ann1@example.com", "ann2@example.com", "ann3@example.com")
PASSWORD = "sandbox-password"
_TOKEN = "sandbox" + "0" * 33
_LOCK = CHECKOUT / "locks" / "label-studio.txt"
_HTTP_TIMEOUT_S = 30


class LabelStudio(Server):
    """Facts: url, files (the folder that images are served from), users {email: {password, token, personal_token}}."""

    name: ClassVar[str] = "label_studio"
    ready_timeout_s: ClassVar[float] = 240  # the first start makes the database

    def install(self) -> None:
        done = self.home / "env" / ".complete"
        wanted = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
        if done.is_file() and done.read_text() == wanted:
            return
        checkout = Checkout()
        try:
            run = uv.find(checkout)
            run(["venv", "--clear", "--python", sys.executable, self.home / "env"], "making an environment", checkout.root)
            python = self.home / "env" / "bin" / "python"
            run(["pip", "sync", "--python", python, _LOCK], "installing Label Studio", checkout.root)
        except SetupFailure as error:
            raise Unavailable(f"Label Studio cannot be installed: {error}") from error
        done.write_text(wanted)

    def start(self, previous: Facts) -> tuple[Facts, list[Process]]:
        port = free_port(previous.get("port"))
        facts: Facts = {
            "host": "127.0.0.1",
            "port": port,
            "url": f"http://127.0.0.1:{port}",
            "files": str(self.home / "files"),
            "users": previous.get("users", {}),
        }
        for folder in ("data", "files"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        program = str(self.home / "env" / "bin" / "label-studio")
        # The host's name is 0.0.0.0 unless told; the flag for legacy tokens counts only when the organisation is made.
        options = ["--no-browser", "--data-dir", str(self.home / "data"), "--internal-host", "127.0.0.1", "-p", str(port)]
        command = [program, "start", *options, "--enable-legacy-api-token", "--log-level", "WARNING"]
        return facts, [spawn("label-studio", command, self.log("label-studio"), _environment(facts))]

    def ready(self, facts: Facts) -> bool:
        try:
            with urllib.request.urlopen(f"{facts['url']}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def prepare(self, facts: Facts) -> None:
        known = facts["users"]
        if set(known) == {ADMIN, *ANNOTATORS}:
            return
        invite = _call(facts["url"], "/api/invite", _TOKEN)["invite_url"]
        for email in ANNOTATORS:
            if email not in known:
                _sign_up(facts["url"], invite, email)
        users = {ADMIN: _user(facts["url"], ADMIN)} | {email: _user(facts["url"], email) for email in ANNOTATORS}
        stored = {name: value for name, value in facts.items() if name not in ("running", "pids", "home")}
        self._save({**stored, "users": users}, self.processes())


def _environment(facts: Facts) -> dict[str, str]:
    """Nothing of it leaves the machine: no statistics, no error reports, no look for newer versions, no sign-up."""
    return {
        "LABEL_STUDIO_BASE_DATA_DIR": str(Path(facts["files"]).parent / "data"),
        "LABEL_STUDIO_HOST": facts["url"],
        "DJANGO_DB": "sqlite",
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "COLLECT_ANALYTICS": "false",
        "collect_analytics": "false",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LABEL_STUDIO_USERNAME": ADMIN,
        "LABEL_STUDIO_PASSWORD": PASSWORD,
        "LABEL_STUDIO_USER_TOKEN": _TOKEN,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": facts["files"],
        "PYTHONPATH": "",
        "PYTHONSAFEPATH": "",
    }


class _Browser:
    """A visitor with cookies, for the pages that only people use: signing up, logging in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def submit(self, path: str, **form: str) -> None:
        """Open a page and send its form."""
        self.opener.open(self.url + path, timeout=_HTTP_TIMEOUT_S).close()
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **form}).encode()
        request = urllib.request.Request(self.url + path, body, {"Referer": self.url + path})
        self.opener.open(request, timeout=_HTTP_TIMEOUT_S).close()

    def get(self, path: str) -> Any:
        with self.opener.open(self.url + path, timeout=_HTTP_TIMEOUT_S) as answer:
            return json.load(answer)


def _sign_up(url: str, invite: str, email: str) -> None:
    _Browser(url).submit(invite, email=email, password=PASSWORD, allow_newsletters="false")


def _user(url: str, email: str) -> dict[str, str]:
    """Password, legacy token and a personal access token of a user."""
    browser = _Browser(url)
    browser.submit("/user/login/", email=email, password=PASSWORD)
    token = browser.get("/api/current-user/token")["token"]
    personal = _call(url, "/api/token/", token, method="POST")["token"]
    return {"password": PASSWORD, "token": token, "personal_token": personal}


def _call(url: str, path: str, token: str, method: str = "GET") -> Any:
    request = urllib.request.Request(url + path, method=method, headers={"Authorization": f"Token {token}"})
    with urllib.request.urlopen(request, timeout=_HTTP_TIMEOUT_S) as answer:
        return json.load(answer)
