"""A finished run that answers: base and adapter in memory, one conversation at a time."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import card as cards
from training.conversations import Message
from training.encode import render
from training.fit import MODEL
from training.models import located
from washplant.errors import TrainError


@dataclass(frozen=True)
class Wish:
    """How an answer is generated; temperature 0 is greedy."""

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0


@dataclass
class Count:
    """Tokens of a question and its answer, complete when the answer is."""

    asked: int = 0
    answered: int = 0
    wish: Wish = Wish()

    @property
    def finish_reason(self) -> str:
        """OpenAI's word for why the answer ended."""
        return "length" if self.answered >= self.wish.max_tokens else "stop"


class Chat:
    """Model and tokenizer; one answer is generated at a time, others wait."""

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        self.name, self.model, self.tokenizer = name, model.eval(), tokenizer
        self._free = threading.Lock()

    def answer(self, messages: Sequence[Message], wish: Wish, count: Count) -> Generator[str]:
        """Pieces of the answer as they come; closing the iterator ends the generation. `count` is filled meanwhile."""
        from transformers import StoppingCriteria, TextIteratorStreamer

        given_up = threading.Event()

        class GivenUp(StoppingCriteria):
            def __call__(self, ids: Any, *_: Any, **__: Any) -> Any:
                count.answered = ids.shape[1] - count.asked
                return ids.new_full((ids.shape[0],), given_up.is_set(), dtype=bool)

        prompt = self.tokenizer(render(self.tokenizer, messages, generate=True), return_tensors="pt", add_special_tokens=False)
        inputs = {name: prompt[name].to(self.model.device) for name in ("input_ids", "attention_mask")}
        count.asked, count.wish = inputs["input_ids"].shape[1], wish
        pieces = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        failures: list[BaseException] = []

        def generate() -> None:
            chosen = {"temperature": wish.temperature, "top_p": wish.top_p} if wish.temperature else {}
            try:
                self.model.generate(
                    **inputs, **chosen, do_sample=bool(wish.temperature), max_new_tokens=wish.max_tokens, streamer=pieces,
                    stopping_criteria=[GivenUp()], pad_token_id=self.tokenizer.pad_token_id,
                )  # fmt: skip
            except BaseException as error:
                failures.append(error)
                pieces.end()

        with self._free:
            worker = threading.Thread(target=generate, daemon=True)
            worker.start()
            try:
                yield from (piece for piece in pieces if piece)
            finally:
                given_up.set()
                worker.join()
        if failures:
            raise failures[0]


def open_chat(folder: Path) -> Chat:
    """The model of a finished run. Raises TrainError when there is none, or when it must not be used."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    card = cards.read(folder)
    if card is None:
        raise TrainError("no finished run", where=str(folder), next_step="`washplant train run` makes one")
    if card.verdict:
        raise TrainError(f"the model must not be used: {card.verdict}", where=str(folder), next_step="train another one")
    path = folder / MODEL
    adapter = (path / "adapter_config.json").is_file()
    model = AutoModelForCausalLM.from_pretrained(located(card.base) if adapter else path, dtype="auto")
    if adapter:
        model = PeftModel.from_pretrained(model, str(path))
    model = model.to("cuda" if torch.cuda.is_available() else "cpu")
    return Chat(f"{card.name}-{card.number}", model, AutoTokenizer.from_pretrained(path))
