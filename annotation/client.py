"""Label Studio over HTTP: the only module that imports label-studio-sdk, and where its traps are closed.

- The SDK repeats a POST on 5xx, 408, 409 and 429; a 502 may come after the commit, so that tasks double. Here it repeats
  nothing: what changes nothing when it is done twice is repeated by us, a POST only when it cannot have arrived.
- `str(ApiError)` holds the session's cookie. No error of the SDK leaves this module, not even as a cause.
- Its time-out is 60 s, also for an export of 135 s: nothing here asks for more than a page.
- It costs 0.7 s and 150 MB to import: it is, when the first client is made.
"""

from __future__ import annotations

import itertools
import json
import logging
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple, Self

from washplant.errors import LabelError, LabelUnreachable, SetupError
from washplant.secret import redact, remember

log = logging.getLogger("washplant")

Json = dict[str, Any]
Method = Literal["GET", "POST", "PATCH", "DELETE"]

ATTEMPTS = 6
BACKOFF_S = 0.5
LONGEST_WAIT_S = 30.0
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_NOT_DONE = {429}
"""Statuses after which a POST has certainly not been carried out."""
_SAID = 300  # characters of the server's answer in an error


class PostUncertain(LabelUnreachable):
    """A POST was sent and no answer came that says whether it was carried out."""


class Filter(NamedTuple):
    """A condition on tasks, as the Data Manager has them: ("data.push_batch", "equal", "b-1", "String")."""

    column: str
    operator: str
    value: object
    type: Literal["String", "Number", "Datetime"]

    def as_item(self) -> Json:
        column = f"filter:tasks:{self.column}"
        return {"filter": column, "operator": self.operator, "type": self.type, "value": self.value}


class Client:
    """One server and one account. A token with two dots is a personal access token, else a legacy one."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 60) -> None:
        remember(token)
        self.url = url.rstrip("/")
        self.token = token
        self._timeout_s = timeout_s
        self._sdk: Any = None
        self._session: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; another call opens new ones."""
        if self._session is not None:
            self._session.close()
        self._session = self._sdk = None

    @property
    def personal(self) -> bool:
        """Whether the token is a personal access token, which is exchanged for one of five minutes."""
        return self.token.count(".") == 2

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON at `api/<path>`."""
        return self._read(self._request("GET", path, parameters), path)

    def patch(self, path: str, body: Json) -> Any:
        """Change what `api/<path>` names; done twice it is done once."""
        return self._read(self._request("PATCH", path, {}, body), path)

    def delete(self, path: str) -> None:
        """Delete what `api/<path>` names; what is gone already is no error."""
        self._request("DELETE", path, {}, missing_ok=True)

    def post(self, path: str, body: Any, **parameters: object) -> Any:
        """Send once. Raises PostUncertain when it may have been carried out and nobody says so."""
        answer = self._request("POST", path, parameters, body)
        try:
            return answer.json()
        except ValueError:
            raise PostUncertain(_cut(), where=f"{self.url}/api/{path}", next_step=_AGAIN) from None

    def tasks(self, project: int, filters: Sequence[Filter], *, include: Sequence[str], page_size: int = 500) -> Iterator[Json]:
        """Tasks that meet all filters, in the order of their ids; pages are cut by id, so that new tasks move none.

        The data comes as it was pushed (`resolve_uri` would put signed addresses in it).
        """
        last = 0
        while True:
            found = self._page(project, [*filters, Filter("id", "greater", last, "Number")], include, page_size)["tasks"]
            yield from found
            if len(found) < page_size:
                return
            last = found[-1]["id"]

    def count(self, project: int, filters: Sequence[Filter] = ()) -> int:
        """How many tasks meet all filters."""
        return int(self._page(project, filters, ("id",), 1)["total"])

    def newest(self, project: int, column: Literal["id", "updated_at"]) -> Any:
        """The greatest id or `updated_at` of a project's tasks; None when it has none."""
        found = self._page(project, (), (column,), 1, order=f"-tasks:{column}")["tasks"]
        return found[0][column] if found else None

    def clock(self) -> float:
        """The server's time, in seconds since 1970."""
        date = self._request("GET", "version", {}).headers.get("date")
        return parsedate_to_datetime(date).timestamp() if date else time.time()

    def projects(self) -> Iterator[Json]:
        """All projects that the account sees."""
        page = 1
        while True:
            found = self.get("projects/", page=page, page_size=100)
            yield from found["results"]
            if not found.get("next"):
                return
            page += 1

    def _page(
        self, project: int, filters: Sequence[Filter], include: Sequence[str], size: int, order: str = "tasks:id"
    ) -> Json:
        query = {
            "filters": {"conjunction": "and", "items": [each.as_item() for each in filters]},
            "ordering": [order],
        }
        found: Json = self.get(
            "tasks/",
            project=project,
            fields="all",
            include=",".join(include),
            resolve_uri="false",
            page_size=size,
            query=json.dumps(query, ensure_ascii=False),
        )
        return found

    def _read(self, answer: Any, path: str) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise LabelError(
                f"this is no answer of Label Studio: {redact(answer.text[:_SAID])!r}",
                where=f"{self.url}/api/{path}",
                next_step="check `url`: is another program listening there, or a proxy that asks for a login?",
            ) from None

    def _request(
        self, method: Method, path: str, parameters: Mapping[str, object], body: Any = None, *, missing_ok: bool = False
    ) -> Any:
        """A response below 400, repeated as long as that is safe."""
        where = f"{method} {self.url}/api/{path}"
        expired = False
        for attempt in itertools.count(1):
            try:
                answer = self._send(method, path, parameters, body)
            except _Failed as failure:
                if method == "POST" and not failure.unsent:
                    raise PostUncertain(failure.what, where=where, next_step=_AGAIN) from None
                error: LabelError = LabelUnreachable(failure.what, where=where, next_step=_UNREACHABLE)
                wait_s = BACKOFF_S * 2**attempt
            else:
                status = answer.status_code
                if status < 300 or (missing_ok and status == 404):
                    return answer
                if status == 401 and self.personal and not expired:
                    expired = True
                    self.close()  # the five minutes are over, or the server's clock is not ours
                    continue
                if status not in _BUSY or (method == "POST" and status == 500):
                    raise _refused(answer, where)
                if method == "POST" and status not in _NOT_DONE:
                    raise PostUncertain(f"the server answered {status}", where=where, next_step=_AGAIN)
                error = LabelUnreachable(f"the server answered {status}", where=where, next_step=_UNREACHABLE)
                wait_s = _wished(answer) or BACKOFF_S * 2**attempt
            if attempt >= ATTEMPTS:
                raise error
            log.info("%s: %s; again in %.1f s", where, error.what, wait_s)
            time.sleep(min(wait_s, LONGEST_WAIT_S))
        raise AssertionError

    def _send(self, method: Method, path: str, parameters: Mapping[str, object], body: Any) -> Any:
        """One request, whatever comes back. Raises _Failed."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        transport = self._transport()
        options = {"max_retries": 0, "timeout_in_seconds": self._timeout_s}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # the exchange of a token: the SDK's `parse_obj`
                return transport.request(
                    f"api/{path}", method=method, params=dict(parameters), json=body, request_options=options
                )
        except ApiError as error:  # only the exchange of a personal access token raises it here
            raise _token_refused(error.status_code, self.url) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _Failed(f"no connection: {error}", unsent=True) from None
        except httpx.TimeoutException:
            raise _Failed(f"no answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _Failed(f"the connection broke: {type(error).__name__}: {error}") from None
        except ValueError as error:  # the token exchange was answered with something that is no JSON
            raise _Failed(f"not understood: {type(error).__name__}", unsent=True) from None

    def _transport(self) -> Any:
        if self._sdk is None:
            try:
                import httpx
                from label_studio_sdk import LabelStudio
                from label_studio_sdk.core.api_error import ApiError
            except ImportError as error:
                raise SetupError(
                    "the client of Label Studio is not installed",
                    where="label.backend",
                    next_step="pip install 'washplant[label-studio]'",
                ) from error
            self._session = httpx.Client(timeout=self._timeout_s)
            try:
                self._sdk = LabelStudio(base_url=self.url, api_key=self.token, httpx_client=self._session)
            except ApiError as error:  # it looks at the token's own expiry
                raise _token_refused(error.status_code, self.url) from None
        return self._sdk._client_wrapper.httpx_client  # its authorised transport: the typed calls lack `include`


class _Failed(Exception):
    """No response came; `unsent`: the server cannot have seen the request."""

    def __init__(self, what: str, *, unsent: bool = False) -> None:
        super().__init__(what)
        self.what, self.unsent = what, unsent


_AGAIN = "run the same command again: it looks first for what has arrived"
_UNREACHABLE = "check that the server runs and `label.backend.url` names it; the same command continues"


def _cut() -> str:
    return "the server's answer was cut off"


def _wished(answer: Any) -> float | None:
    """Seconds that the server asks to wait."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdigit() else None


def _token_refused(status: int | None, url: str) -> LabelError:
    return LabelError(
        f"the token is not accepted ({status})",
        where=url,
        next_step="make a new one in Label Studio under Account & Settings, and set the environment variable to it",
    )


def _refused(answer: Any, where: str) -> LabelError:
    """An error of ours with the reason that the server gives, and nothing else of its answer."""
    status = answer.status_code
    if status == 401:
        return _token_refused(status, where)
    if answer.has_redirect_location:
        return LabelError(
            f"it redirects to {redact(answer.headers['location'])}", where=where, next_step="set `label.backend.url` to that"
        )
    next_step = {
        403: "the account may not do this: use one of the organisation that owns the project",
        404: "check `label.backend.url`, and that nobody has deleted the project",
        413: "the reverse proxy in front of Label Studio refuses large bodies: raise its limit, or lower `chunk`",
    }.get(status, "see the server's log")
    return LabelError(f"the server refused ({status}): {_reason(answer)}", where=where, next_step=next_step)


def _reason(answer: Any) -> str:
    try:
        said = answer.json()
    except ValueError:
        return redact(answer.text[:_SAID])
    if not isinstance(said, dict):
        return redact(str(said)[:_SAID])
    parts = [said.get("detail"), said.get("validation_errors") or None]
    return redact("; ".join(str(part) for part in parts if part)[:_SAID])
