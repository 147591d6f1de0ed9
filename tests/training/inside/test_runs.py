"""Runs on a tiny model: what is learnt, resumed, refused, merged."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

from tests.training.versions import questions
from training import card as cards
from training.fit import MODEL, fit, last_checkpoint, learner_of
from training.gpus import GPUS, hours
from training.language import answers
from training.merge import merge
from training.plan import plan
from training.regression import answered, lost
from training.sft import Sft
from training.version import open_version
from washplant.errors import StoreError, TrainError

TRAINED = [row for i, row in enumerate(questions()) if i % 10 not in (3, 7)][:10]


def loaded(folder: Path) -> torch.nn.Module:
    return AutoModelForCausalLM.from_pretrained(folder)


def ask(folder: Path, prompts: list[str]) -> list[str]:
    turns = [[{"role": "user", "content": prompt}] for prompt in prompts]
    return answers(loaded(folder), AutoTokenizer.from_pretrained(folder), turns, 8, 64)


def test_an_adapter_lowers_the_test_loss_and_describes_itself(job, base: Path) -> None:
    one = job(epochs=6, learning_rate=5e-3, lora={"rank": 8})
    card = fit(one)
    assert card.after["loss"] < card.before["loss"] - 0.1
    assert card.verdict == ""
    assert card.dataset_sha256 == open_version(one).sha256
    config = json.loads((Path(one.folder) / MODEL / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(base)
    assert set(config["target_modules"]) == {f"{n}_proj" for n in ("q", "k", "v", "o", "gate", "up", "down")}
    assert {"card.json", "tokenizer.json"} <= {path.name for path in (Path(one.folder) / MODEL).iterdir()}
    page = (Path(one.folder) / "page.html").read_text(encoding="utf-8")
    assert "faq/qa" in page
    assert fit(one) == card, "a finished run is not repeated"
    merged = Path(one.folder) / "merged"
    merge(Path(one.folder), merged)
    from peft import AutoPeftModelForCausalLM

    adapted = AutoPeftModelForCausalLM.from_pretrained(Path(one.folder) / MODEL)
    tokenizer = AutoTokenizer.from_pretrained(merged)
    prompts = [row["instruction"] for row in questions()[:4]]
    turns = [[{"role": "user", "content": prompt}] for prompt in prompts]
    assert answers(adapted, tokenizer, turns, 4, 24) == answers(whole := loaded(merged), tokenizer, turns, 4, 24)
    ids = tokenizer("水压低", return_tensors="pt").input_ids
    assert torch.allclose(adapted(ids).logits, whole(ids).logits, atol=1e-3)


def test_questions_it_was_trained_on_are_answered(learnt: Path) -> None:
    assert cards.read(learnt).training["last_loss"] < 0.1
    said = ask(learnt / MODEL, [row["instruction"] for row in TRAINED])
    assert sum(text == row["output"] for text, row in zip(said, TRAINED, strict=True)) >= 9


def test_what_the_base_answered_and_the_trained_model_does_not_is_lost(job, learnt: Path, tmp_path: Path) -> None:
    cases = [{"prompt": row["instruction"], "answer": row["output"]} for row in TRAINED[:2]]
    cases.append({"prompt": TRAINED[2]["instruction"], "answer": "从未说过"})
    (tmp_path / "kept.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    found = []
    for base in ({}, {"base": str(learnt / MODEL)}):
        one = job(evaluate={"max_new_tokens": 64, "regression": str(tmp_path / "kept.jsonl")}, **base)
        learner = learner_of(one, open_version(one))
        learner.load()
        found.append(answered(learner))
    forgetful, knowing = found
    assert (forgetful, knowing) == ([], [case["prompt"] for case in cases[:2]])
    assert lost(forgetful, knowing) is None
    assert lost(knowing, forgetful).startswith("2 of 2 answers")


class KilledAtStep(TrainerCallback):
    """SIGKILL in mid-epoch, after a whole checkpoint and before the next one."""

    def on_step_end(self, args, state, control, **more) -> None:
        if state.global_step == 17:
            os.kill(os.getpid(), signal.SIGKILL)


def test_killed_and_continued_it_ends_as_an_undisturbed_run(job, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"epochs": 6, "checkpoint_steps": 7, "learning_rate": 5e-3, "lora": {"rank": 8, "dropout": 0.1}}
    whole, broken = fit(job("whole", **options)), job("broken", **options)  # an epoch is 5 steps
    child = os.fork()
    if child == 0:
        undisturbed = Sft.trainer

        def trainer(learner: Sft) -> object:
            made = undisturbed(learner)
            made.add_callback(KilledAtStep())
            return made

        monkeypatch.setattr(Sft, "trainer", trainer)
        try:
            fit(broken)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    folder = Path(broken.folder)
    assert not (folder / "card.json").exists()
    assert last_checkpoint(folder / "checkpoints") == str(folder / "checkpoints" / "checkpoint-14")
    card = fit(broken)
    assert card.training["steps"] == whole.training["steps"] == 30
    assert card.after["loss"] == pytest.approx(whole.after["loss"], abs=1e-3)
    assert card.training["last_loss"] == pytest.approx(whole.training["last_loss"], abs=1e-3)


def test_a_torn_checkpoint_is_not_continued(tmp_path: Path) -> None:
    for step, state in ((5, "{}"), (10, '{"epo')):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-5")
    assert not (tmp_path / "checkpoint-10").exists()


def test_a_worse_model_ends_with_the_reason(job) -> None:
    one = job(method="full", epochs=1, learning_rate=30.0, max_steps=4)
    (folder := Path(one.folder)).mkdir()
    (folder / "job.json").write_text(one.model_dump_json())
    from training.__main__ import main

    assert main(["fit", str(folder / "job.json")]) == TrainError.exit_code
    assert "to nan" in json.loads((folder / "card.json").read_text())["verdict"], "a diverged model is worse, too"
    with pytest.raises(TrainError):
        merge(folder, folder / "merged")


def test_dpo_raises_the_margin(job) -> None:
    card = fit(job(dataset="better", objective="dpo", epochs=4, learning_rate=5e-3, lora={"rank": 8}))
    assert card.after["margin"] > card.before["margin"] + 1
    assert card.verdict == ""


def test_pretraining_on_plain_text_lowers_the_loss(job) -> None:
    card = fit(job(objective="pretrain", method="full", epochs=3, learning_rate=3e-3))
    assert card.after["loss"] < card.before["loss"] - 0.5


def test_packed_rows_do_not_see_each_other(job) -> None:
    """The loss of a packed epoch at a rate of nothing is the mean loss of the single rows."""
    still = {"epochs": 1, "learning_rate": 1e-12, "method": "full", "batch": 40, "device_batch": 40}
    plain = fit(job("plain", **still)).training["train_loss"]
    packed = fit(job("packed", packing=True, **still)).training["train_loss"]
    assert packed == pytest.approx(plain, abs=2e-3)


def test_the_plan_counts_what_training_sees(job) -> None:
    one = job(max_length=24, epochs=2)
    found = plan(one)
    learner = learner_of(one, open_version(one))
    learner.load()
    rows = list(learner.whole("train"))
    assert found["rows"] == len(rows) == 40
    assert found["truncated_share"] == sum(len(row["input_ids"]) > 24 for row in rows) / 40
    assert found["parameters"] == sum(weight.numel() for weight in learner.model.parameters())
    assert found["truncated_share"] > 0.5
    assert set(found["hours"]) == {gpu.name for gpu in GPUS}, "a tiny model fits all"


def test_hours_by_gpu(job) -> None:
    """A 7-billion LoRA over 10 million tokens: 6 · 7e9 · 1e7 operations at 35 % of 312 TFLOP/s are 1.07 hours."""
    options = job(method="lora").options
    found = hours(options, parameters=7 * 10**9, tokens=1e7, gib=30)
    assert found["A100 80 GB"] == pytest.approx(4.2e17 / (312e12 * 0.35) / 3600)
    assert 1.0 < found["A100 80 GB"] < 1.1
    assert "A10 24 GB" not in found, "too small"
    full = hours(options.model_copy(update={"method": "full"}), parameters=7 * 10**9, tokens=1e7, gib=30)
    assert full["A100 80 GB"] == pytest.approx(found["A100 80 GB"] * 8 / 6)


def test_an_altered_file_is_not_trained_on(job, tmp_path: Path) -> None:
    from tests.training.versions import publish

    publish(tmp_path / "s", "qa", questions())
    path = tmp_path / "s" / "versions" / "qa@1" / "train.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("总阀", "龙头"), encoding="utf-8")
    version = open_version(job().model_copy(update={"store": str(tmp_path / "s")}))
    with pytest.raises(StoreError, match="not the one that was published"):
        list(version.lines("train"))
