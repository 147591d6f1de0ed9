"""Texts of about 400 characters, half Chinese, half English, some of them edited copies; and which pairs are truly alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from washplant.text import char_ngram_hashes, jaccard

EDITS = (0.0, 0.005, 0.01, 0.02, 0.04, 0.06)  # share of the characters that an edit replaces


def write(path: Path, rows: int, seed: int = 0) -> np.ndarray:
    """Write id and text; the pairs (row, row) of one family, in which alone near duplicates can be: texts of two families
    are drawn apart, and share next to no 5-gram."""
    random = np.random.default_rng(seed)
    words = ["".join(map(chr, random.integers(97, 123, size))) for size in random.integers(2, 9, 5000)]
    texts: list[str] = []
    family: list[int] = []
    while len(texts) < rows:
        letters = _chinese(random) if len(texts) % 2 else list(" ".join(words[n] for n in random.integers(0, 5000, 80)))
        copies = int(random.integers(1, 4)) if random.random() < 0.12 else 0
        number = len(texts)
        for rate in (0.0, *random.choice(EDITS, copies)):
            edited = letters[:]
            for place in random.integers(0, len(letters), int(len(letters) * rate)):
                edited[place] = "x" if edited[place] != "x" else "y"
            texts.append("".join(edited))
            family.append(number)
    order = random.permutation(len(texts))[:rows]
    pq.write_table(pa.table({"id": np.arange(rows), "text": [texts[n] for n in order]}), path, row_group_size=25_000)
    return _pairs(np.array(family)[order])


def _chinese(random: np.random.Generator) -> list[str]:
    return [chr(point) for point in random.integers(0x4E00, 0x4E00 + 3000, int(random.integers(200, 470)))]


def _pairs(family: np.ndarray) -> np.ndarray:
    order = np.argsort(family, kind="stable")
    found = []
    for distance in range(1, 4):  # a family has four members at most
        same = family[order[distance:]] == family[order[:-distance]]
        found.append(np.stack([order[:-distance][same], order[distance:][same]], axis=1))
    return np.concatenate(found)


def truth(path: Path, threshold: float, rows: int = 50_000) -> np.ndarray:
    """All pairs (row, row) of the first `rows` whose exact similarity by character 5-grams reaches the threshold.

    Texts of similarity s share s / (1 + s) of their n-grams, so a pair at the threshold shares some of every text's
    rarest (1 - threshold) of them, and one more: prefix filtering, which misses none (Bayardo, Ma, Srikant, "Scaling up
    all pairs similarity search", 2007). Families of the generator play no part.
    """
    texts = pq.read_table(path, columns=["text"]).column("text").slice(0, rows).combine_chunks()
    offsets, hashes = char_ngram_hashes(texts, 5)
    owner = np.repeat(np.arange(len(texts)), np.diff(offsets))
    order = np.lexsort((hashes, owner))
    hashes, owner = hashes[order], owner[order]
    new = np.concatenate([[True], (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])])
    hashes, owner = hashes[new], owner[new]
    _, which, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    order = np.lexsort((hashes, counts[which], owner))
    hashes, owner, count = hashes[order], owner[order], counts[which][order]
    sizes = np.bincount(owner, minlength=len(texts))
    place = np.arange(len(owner)) - (np.cumsum(sizes) - sizes)[owner]
    rare = (place <= sizes[owner] - np.ceil(threshold * sizes[owner] - 1e-9)) & (count > 1)
    hashes, owner = hashes[rare], owner[rare]
    order = np.lexsort((owner, hashes))
    hashes, owner = hashes[order], owner[order]
    codes, distance = [np.zeros(0, dtype=np.int64)], 1
    while len(same := np.flatnonzero(hashes[distance:] == hashes[:-distance])):
        codes.append(np.unique(owner[same] * len(texts) + owner[same + distance]))
        distance += 1
    found = np.unique(np.concatenate(codes))
    pairs = np.stack([found // len(texts), found % len(texts)], axis=1)
    similarity = jaccard(texts.take(pa.array(pairs[:, 0])), texts.take(pa.array(pairs[:, 1])), 5)
    return pairs[similarity >= threshold]
