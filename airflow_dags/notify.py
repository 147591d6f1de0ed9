"""Messages to people: a plain webhook, DingTalk, Feishu and WeCom, over HTTP with the standard library alone.

A message that cannot be delivered is a warning in the log; it never fails a task.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow_dags.credentials import extra_of
from airflow_dags.versions import BaseHook

log = logging.getLogger(__name__)
TIMEOUT_S = 10


def request_of(
    kind: str, url: str, text: str, facts: Mapping[str, str], secret: str = "", now: float | None = None
) -> tuple[str, dict]:
    """The address and the JSON body that a service of this kind wants; signed where there is a `secret`."""
    now = time.time() if now is None else now
    if kind == "webhook":
        return url, {"text": text, **facts}
    if kind == "feishu":
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if secret:
            stamp = str(int(now))
            body |= {"timestamp": stamp, "sign": _signature(f"{stamp}\n{secret}", b"")}
        return url, body
    if kind == "dingtalk" and secret:
        stamp = str(int(now * 1000))
        sign = urllib.parse.quote_plus(_signature(secret, f"{stamp}\n{secret}".encode()))
        url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={sign}"
    return url, {"msgtype": "text", "text": {"content": text}}


def send(url: str, body: Mapping[str, Any]) -> None:
    """POST the body. Raises OSError when it is refused, also by a service that refuses with status 200."""
    data = json.dumps(body, ensure_ascii=False).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json; charset=utf-8"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        said = answer.read()
    try:
        found = json.loads(said)
    except ValueError:
        return
    if isinstance(found, dict) and (found.get("errcode") or found.get("code")):
        raise OSError(f"refused: {said.decode(errors='replace')[:200]}")


def tell(alerts: Sequence[Mapping[str, str]], text: str, facts: Mapping[str, str]) -> None:
    """Send a message to everyone in `alerts`, whatever becomes of the others."""
    for alert in alerts:
        try:
            connection = BaseHook.get_connection(alert["connection"])
            url = connection.password or connection.host or ""
            send(*request_of(alert["kind"], url, text, facts, extra_of(connection).get("secret", "")))
        except Exception as error:  # a broken messenger must not break the night
            log.warning("the message to %s was not delivered: %s", alert["connection"], type(error).__name__)


def on_failure(alerts: Sequence[Mapping[str, str]], report: str) -> Callable[[Any], None]:
    """A callback that tells which task failed, why, and where the report is."""

    def failed(context: Any) -> None:
        instance, reason = context["ti"], str(context.get("exception") or "").splitlines()
        facts = {"event": "failed", "dag": instance.dag_id, "task": instance.task_id, "run": instance.run_id, "report": report}
        why = reason[0] if reason else "no reason was given"
        tell(
            alerts,
            f"washplant: {instance.dag_id}.{instance.task_id} failed: {why}\nrun {instance.run_id}\nreport {report}",
            facts,
        )

    return failed


async def missed_deadline(alerts: Sequence[Mapping[str, str]], dag: str, report: str, **_: Any) -> None:
    """Called by the triggerer when a run is not done in time."""
    text = f"washplant: {dag} is not done in time\nreport {report}"
    await asyncio.to_thread(tell, alerts, text, {"event": "deadline", "dag": dag, "report": report})


def _signature(key: str, message: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), message, hashlib.sha256).digest()).decode()
