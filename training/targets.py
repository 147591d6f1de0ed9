"""Which layers get an adapter: every linear layer of the repeated blocks, found by walking the model.

All of them, not the attention alone: that is what reaches full fine-tuning (QLoRA, arXiv:2305.14314, section 4).
"""

from __future__ import annotations

from typing import Any

from washplant.errors import TrainError

_LINEAR = {"Linear", "Conv1D", "Linear4bit", "Linear8bitLt"}
_NOT_TRAINED = {"router", "gate", "shared_expert_gate"}  # of mixtures of experts: a changed routing unbalances the experts
_NOT_TEXT = ("visual", "vision", "audio", "image")


def target_modules(model: Any) -> list[str]:
    """Names of the linear layers inside the model's repeated blocks, sorted: `down_proj, …, v_proj`; encoders of images
    and sound are left out. Raises TrainError for a model without such blocks."""
    import torch

    blocks = [(name, module) for name, module in model.named_modules() if isinstance(module, torch.nn.ModuleList)]
    found: set[str] = set()
    for path, block in blocks:
        if any(word in path for word in _NOT_TEXT):
            continue
        for name, module in block.named_modules():
            last = name.rpartition(".")[2]
            if type(module).__name__ in _LINEAR and last not in _NOT_TRAINED and not last.isdigit():
                found.add(last)
    if not found:
        raise TrainError(
            f"no linear layers in repeated blocks of {type(model).__name__}",
            where="train",
            next_step="name them in `lora: {targets: […]}`",
        )
    return sorted(found)
