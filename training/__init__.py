"""From a published dataset version to a model people can talk to. Runs in its own environment (`washplant env add train`).

version     reads a version: manifest, checked files, lines     conversations  lines of any format as turns
models      base model and tokenizer by path or id              targets        layers that get an adapter
encode      turns as tokens; labels on answers only             arguments      options as transformers' own
learner     what an objective is: sft, preference               fit            before, train, after, verdict, card
language    losses and answers of a model                       metrics        exact match, character F1, ROUGE-L
plan        tokens, steps, memory before the money              page           answers side by side as HTML
checks      leakage, overfitting; regression: lost answers      oom            memory ran out: what to change
merge       adapter and base as one model                       tiny           a small model for tests
gpus        hours by GPU type                                   chat, serve    a run that answers, as an endpoint
"""
