"""The endpoint, asked by OpenAI's own client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.training.versions import questions
from training.chat import Count, Wish, open_chat
from training.serve import Endpoint

TRAINED = questions()[0]
ASKED = [{"role": "user", "content": TRAINED["instruction"]}]


@pytest.fixture(scope="module")
def endpoint(learnt: Path) -> Iterator[Endpoint]:
    with Endpoint(open_chat(learnt), "right") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(endpoint: Endpoint) -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint.url, api_key="right", max_retries=0)


def test_it_chats_and_streams_what_the_model_says(endpoint: Endpoint, client: openai.OpenAI) -> None:
    (name,) = [model.id for model in client.models.list()]
    assert name == "m-1"
    whole = client.chat.completions.create(model=name, messages=ASKED)
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (TRAINED["output"], "stop")
    chunks = list(client.chat.completions.create(model=name, messages=ASKED, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).strip() == TRAINED["output"]
    assert len(chunks) > 3
    assert chunks[-1].choices[0].finish_reason == "stop"
    short = client.chat.completions.create(model=name, messages=ASKED, max_tokens=4)
    assert (short.usage.completion_tokens, short.choices[0].finish_reason) == (4, "length")


def test_a_reader_who_hangs_up_ends_the_generation(
    endpoint: Endpoint, client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, count = endpoint.chat, Count()
    monkeypatch.setattr(chat.model.generation_config, "eos_token_id", None)  # by itself it would not end before 900
    pieces = chat.answer(ASKED, Wish(max_tokens=900), count)
    next(pieces)
    pieces.close()
    assert 0 < count.answered < 900
    with client.chat.completions.create(model="m-1", messages=ASKED, max_tokens=900, stream=True) as stream:
        next(iter(stream))
    parts = [{"role": "user", "content": [{"type": "text", "text": ASKED[0]["content"]}]}]
    again = client.chat.completions.create(model="m-1", messages=parts, max_tokens=4)
    assert again.usage.completion_tokens == 4, "the model is free again"


def test_without_the_token_nothing_is_answered(endpoint: Endpoint) -> None:
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=endpoint.url, api_key="wrong", max_retries=0).models.list()
    assert endpoint.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("wrong", [{"messages": []}, {"temperature": 3.0}, {"max_tokens": -1}])
def test_a_wrong_request_is_told_so(client: openai.OpenAI, wrong: dict) -> None:
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**{"model": "m-1", "messages": ASKED, **wrong})
