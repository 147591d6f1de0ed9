"""Supervised fine-tuning on answers, and continued pre-training on plain text: trl's SFTTrainer on rows that we tokenize."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from training.arguments import arguments
from training.conversations import Conversation, conversations, texts
from training.encode import IGNORED, Encoded, encode, encode_text
from training.language import answers, losses, perplexity, script, total
from training.learner import Learner, Measured
from training.metrics import char_f1, exact, mean, rouge_l
from training.models import adapter_config, causal_model, tokenizer_of
from washplant.errors import TrainError

TEXT_METRICS = {"exact_match": exact, "char_f1": char_f1, "rouge_l": rouge_l}


class Sft(Learner):
    """Learns the answers of conversations."""

    falls = "loss"

    def load(self) -> None:
        """The base model and its tokenizer."""
        self.processor = tokenizer_of(self.options)
        self.model = causal_model(self.options)

    def encoded(self, split: str) -> Iterator[Encoded]:
        """Rows as tokens, cut at the longest length; a row whose answer is cut away entirely is left out."""
        for row in self.whole(split):
            cut = {name: values[: self.options.max_length] for name, values in row.items()}
            if any(label != IGNORED for label in cut["labels"]):
                yield cut

    def whole(self, split: str) -> Iterator[Encoded]:
        """Rows as tokens, uncut."""
        answers_only = self.options.loss_on == "answers"
        for conversation in self.conversations(split):
            yield encode(self.processor, conversation, answers_only=answers_only)

    def conversations(self, split: str) -> Iterator[Conversation]:
        """Rows with an answer. An empty answer would be learnt (LLaMA-Factory trains on it), so it is left out."""
        for conversation in conversations(self.version.lines(split), self.where(split)):
            if conversation.answer.strip():
                yield conversation

    def trainer(self) -> Any:
        """SFTTrainer; the labels are ours, so that no template needs marks for its answers."""
        from trl import SFTConfig, SFTTrainer

        train = self.dataset("train", lambda: self.encoded("train"))
        if not len(train):
            raise TrainError("no row with an answer that fits", where=self.where("train"), next_step="raise `max_length:`")
        evaluated = self.version.count("validation") > 0
        config = SFTConfig(
            **arguments(self.job, len(train), evaluated=evaluated),
            max_length=self.options.max_length,
            packing=self.options.packing,
        )
        return SFTTrainer(
            model=self.model,
            args=config,
            train_dataset=train,
            eval_dataset=self.dataset("validation", lambda: self.encoded("validation")) if evaluated else None,
            processing_class=self.processor,
            peft_config=adapter_config(self.options, self.model),
        )

    def measure(self) -> Measured:
        """Loss of all test answers; exact match, character F1 and ROUGE-L of generated ones."""
        wanted = self.options.evaluate
        rows, origins = list(self.conversations("test")), self.version.origins("test")
        found = losses(self.model, self.processor, list(self.encoded("test")), wanted.batch)
        nats, tokens = total(found)
        loss = nats / max(1, tokens)
        metrics = {"loss": loss, "perplexity": perplexity(loss), "tokens": float(tokens), "rows": float(len(rows))}
        asked = rows[: wanted.rows]
        said = answers(self.model, self.processor, [row.prompt for row in asked], wanted.batch, wanted.max_new_tokens)
        table = [self._row(row, answer) for row, answer in zip(asked, said, strict=True)]
        if len(origins) == len(rows):
            for line, origin in zip(table, origins, strict=False):
                line["source"] = f"{origin['source']}/{origin['mapping']}"
                line["id"] = origin["id"]
        if len(found) == len(rows):
            for line, (row_nats, row_tokens) in zip(table, found, strict=False):
                line["loss"] = row_nats / max(1, row_tokens)
        metrics |= {name: mean([line[name] for line in table]) for name in TEXT_METRICS if table}
        return Measured(metrics, _groups(table), table)

    def _row(self, row: Conversation, answer: str) -> dict[str, Any]:
        scores = {name: metric(answer, row.answer) for name, metric in TEXT_METRICS.items()}
        prompt = "\n".join(message["content"] for message in row.prompt)
        return {"prompt": prompt, "wanted": row.answer, "answer": answer, "script": script(row), **scores}


class Pretrain(Sft):
    """Continues plain text: every token counts, and nothing is generated."""

    def whole(self, split: str) -> Iterator[Encoded]:
        """Texts as tokens, a long one in pieces of the longest length."""
        length = self.options.max_length
        for text in texts(self.version.lines(split), self.where(split)):
            row = encode_text(self.processor, text)
            for start in range(0, len(row["input_ids"]), length):
                yield {name: values[start : start + length] for name, values in row.items()}

    def measure(self) -> Measured:
        """Loss of the test texts."""
        nats, tokens = total(losses(self.model, self.processor, list(self.encoded("test")), self.options.evaluate.batch))
        loss = nats / max(1, tokens)
        return Measured({"loss": loss, "perplexity": perplexity(loss), "tokens": float(tokens)})


def _groups(table: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean figures by source and by script."""
    groups: dict[str, dict[str, float]] = {}
    for key in ("source", "script"):
        for value in sorted({line[key] for line in table if key in line}):
            own = [line for line in table if line.get(key) == value]
            figures = {name: mean([line[name] for line in own]) for name in (*TEXT_METRICS, "loss") if name in own[0]}
            groups[f"{key}: {value}"] = {"rows": float(len(own)), **figures}
    return groups
