"""rensa: R-MinHash sketches of character 5-grams in two processes, its deduplicator with LSH in the parent."""

import sys
from multiprocessing import get_context

import pyarrow as pa
import pyarrow.parquet as pq
import rensa

PORTION = 1000


def grams(text: str) -> list[str]:
    return list({text[n : n + 5] for n in range(max(1, len(text) - 4))})


def sketched(texts: list[str]) -> list[object]:
    return rensa.RMinHash.from_token_sets([grams(text) for text in texts], 128, 42)


def main() -> None:
    source, out, threshold = sys.argv[1:]
    table = pq.read_table(source)
    ids, texts = table["id"].to_pylist(), table["text"].to_pylist()
    keeper = rensa.RMinHashDeduplicator(threshold=float(threshold), num_perm=128, use_lsh=True)
    kept, start = [], 0
    with get_context("fork").Pool(2) as pool:
        for found in pool.imap(sketched, (texts[n : n + PORTION] for n in range(0, len(texts), PORTION))):
            own = ids[start : start + len(found)]
            flags = keeper.add_pairs([(str(id_), sketch) for id_, sketch in zip(own, found, strict=True)])
            kept += [id_ for id_, flag in zip(own, flags, strict=True) if flag]
            start += len(found)
    stays = set(kept)
    pq.write_table(table.filter(pa.array([id_ in stays for id_ in ids])), f"{out}/kept.parquet")


if __name__ == "__main__":
    main()
