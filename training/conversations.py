"""Lines of a dataset as turns, whatever its format: Alpaca, ShareGPT, messages, preference pairs, plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from washplant.errors import TrainError

Message = dict[str, str]
_ROLES = {"human": "user", "gpt": "assistant", "user": "user", "assistant": "assistant", "system": "system"}


@dataclass(frozen=True)
class Conversation:
    """Turns that begin with the user (a system prompt may stand before) and end with an answer, if there is one."""

    messages: tuple[Message, ...]

    @property
    def prompt(self) -> list[Message]:
        """Everything before the last answer."""
        return list(self.messages[:-1] if self.messages[-1]["role"] == "assistant" else self.messages)

    @property
    def answer(self) -> str:
        """The last answer; empty when there is none."""
        last = self.messages[-1]
        return last["content"] if last["role"] == "assistant" else ""


@dataclass(frozen=True)
class Preference:
    """A prompt with a better and a worse answer."""

    prompt: list[Message]
    chosen: str
    rejected: str


def conversations(lines: Iterable[Mapping[str, Any]], where: str) -> Iterator[Conversation]:
    """Lines as conversations. Raises TrainError for a line of another kind, with its number."""
    for number, line in enumerate(lines, 1):
        messages = _messages(line)
        if not messages or messages[-1]["role"] == "system":
            raise _misfit("holds no conversation", where, number, line)
        yield Conversation(tuple(messages))


def preferences(lines: Iterable[Mapping[str, Any]], where: str) -> Iterator[Preference]:
    """Lines as pairs. Raises TrainError for a line without `chosen` and `rejected`."""
    for number, line in enumerate(lines, 1):
        if not line.get("chosen") or not line.get("rejected"):
            raise _misfit("holds no preference (chosen and rejected)", where, number, line)
        prompt = _prompt(line)
        chosen, rejected = _text(line["chosen"]), _text(line["rejected"])
        if not prompt or not chosen or not rejected:
            raise _misfit("holds no preference (prompt, chosen and rejected)", where, number, line)
        yield Preference(prompt, chosen, rejected)


def prompts(lines: Iterable[Mapping[str, Any]], where: str) -> Iterator[list[Message]]:
    """What is asked, of lines of any kind: answers are left out."""
    for number, line in enumerate(lines, 1):
        if "chosen" in line or "prompt" in line:
            found = _prompt(line)
        else:
            messages = _messages(line)
            found = Conversation(tuple(messages)).prompt if messages else []
        if not found:
            raise _misfit("holds no prompt", where, number, line)
        yield found


def texts(lines: Iterable[Mapping[str, Any]], where: str) -> Iterator[str]:
    """Lines as plain text to continue: `text`, else all turns one under the other."""
    for number, line in enumerate(lines, 1):
        if isinstance(line.get("text"), str):
            yield line["text"]
            continue
        messages = _messages(line)
        if not messages:
            raise _misfit("holds no text", where, number, line)
        yield "\n".join(message["content"] for message in messages)


def _messages(line: Mapping[str, Any]) -> list[Message]:
    if "messages" in line:
        turns = [_turn(turn) for turn in line["messages"]]
    elif "conversations" in line:
        turns = [_turn(turn) for turn in line["conversations"]]
    elif "instruction" in line:
        turns = []
        for question, answer in line.get("history") or ():
            turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        asked = "\n".join(part for part in (line["instruction"], line.get("input") or "") if part)
        turns.append({"role": "user", "content": asked})
        if line.get("output"):
            turns.append({"role": "assistant", "content": line["output"]})
    else:
        turns = []
    system = line.get("system")
    if system and not (turns and turns[0]["role"] == "system"):
        turns.insert(0, {"role": "system", "content": system})
    return turns


def _prompt(line: Mapping[str, Any]) -> list[Message]:
    prompt = line.get("prompt")
    if isinstance(prompt, list):
        return [_turn(turn) for turn in prompt]
    if isinstance(prompt, str):
        line = {**line, "instruction": prompt}
    return [turn for turn in _messages({**line, "output": None}) if turn]


def _text(answer: Any) -> str:
    if isinstance(answer, list):
        return _turn(answer[-1])["content"] if answer else ""
    return _turn(answer)["content"] if isinstance(answer, Mapping) else str(answer)


def _turn(turn: Mapping[str, Any]) -> Message:
    role = str(turn.get("role") or turn.get("from"))
    return {"role": _ROLES.get(role, role), "content": str(turn.get("content") or turn.get("value") or "")}


def _misfit(what: str, where: str, number: int, line: Mapping[str, Any]) -> TrainError:
    return TrainError(
        f"the line {what}; its keys are {', '.join(line)}",
        where=f"{where}:{number}",
        next_step="set `objective:` to one that fits the dataset, or export it in another format",
    )
