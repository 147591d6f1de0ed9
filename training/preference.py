"""Direct preference optimization (Rafailov et al. 2023, arXiv:2305.18290): trl's DPOTrainer on pairs of answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from training.arguments import arguments
from training.conversations import Conversation, preferences
from training.encode import encode
from training.language import losses
from training.learner import Learner, Measured
from training.metrics import mean
from training.models import adapter_config, causal_model, tokenizer_of


class Dpo(Learner):
    """Learns to prefer the chosen answer."""

    rises = "margin"

    def load(self) -> None:
        """The base model and its tokenizer."""
        self.processor = tokenizer_of(self.options)
        self.model = causal_model(self.options)

    def pairs(self, split: str) -> Iterator[dict[str, Any]]:
        """Pairs in trl's conversational form."""
        for pair in preferences(self.version.lines(split), self.where(split)):
            yield {
                "prompt": pair.prompt,
                "chosen": [{"role": "assistant", "content": pair.chosen}],
                "rejected": [{"role": "assistant", "content": pair.rejected}],
            }

    def trainer(self) -> Any:
        """DPOTrainer; with an adapter the base itself is the reference, so that it is in memory once."""
        from trl import DPOConfig, DPOTrainer

        train = self.dataset("train", lambda: self.pairs("train"))
        evaluated = self.version.count("validation") > 0
        config = DPOConfig(
            **arguments(self.job, len(train), evaluated=evaluated), beta=self.options.beta, max_length=self.options.max_length
        )
        return DPOTrainer(
            model=self.model,
            args=config,
            train_dataset=train,
            eval_dataset=self.dataset("validation", lambda: self.pairs("validation")) if evaluated else None,
            processing_class=self.processor,
            peft_config=adapter_config(self.options, self.model),
        )

    def measure(self) -> Measured:
        """margin: log-probability of the chosen answer less that of the rejected one, in nats; accuracy: where it is > 0."""
        rows = list(preferences(self.version.lines("test"), self.where("test")))
        sums = {}
        for side in ("chosen", "rejected"):
            encoded = []
            for row in rows:
                turns = (*row.prompt, {"role": "assistant", "content": getattr(row, side)})
                one = encode(self.processor, Conversation(turns))
                start = len(one["input_ids"]) - self.options.max_length  # the answer stands at the end
                encoded.append({name: values[max(0, start) :] for name, values in one.items()})
            sums[side] = [-nats for nats, _ in losses(self.model, self.processor, encoded, self.options.evaluate.batch)]
        margins = [chosen - rejected for chosen, rejected in zip(sums["chosen"], sums["rejected"], strict=True)]
        figures = {"margin": mean(margins), "accuracy": mean([float(margin > 0) for margin in margins])}
        return Measured({**figures, "rows": float(len(rows))})
