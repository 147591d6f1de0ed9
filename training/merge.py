"""An adapter and its base as one model, for programs that take no adapters."""

from __future__ import annotations

from pathlib import Path

from training import card as cards
from training.fit import MODEL
from training.models import located
from washplant.errors import TrainError


def merge(folder: Path, out: Path) -> None:
    """Write the merged model and its tokenizer. Raises TrainError for a run without an adapter or with a bad verdict."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    card = cards.read(folder)
    if card is None or not (folder / MODEL / "adapter_config.json").is_file():
        raise TrainError("no finished run with an adapter", where=str(folder), next_step="give the folder of a run")
    if card.verdict:
        raise TrainError(f"the model must not be used: {card.verdict}", where=str(folder), next_step="train another one")
    # Merged in float32 and stored so: bf16 would round the change away where it is small.
    base = AutoModelForCausalLM.from_pretrained(located(card.base), dtype=torch.float32)
    merged = PeftModel.from_pretrained(base, str(folder / MODEL)).merge_and_unload()
    merged.save_pretrained(out)
    AutoTokenizer.from_pretrained(folder / MODEL).save_pretrained(out)
