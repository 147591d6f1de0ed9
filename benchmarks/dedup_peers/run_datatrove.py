"""datatrove: its four MinHash stages, two tasks at a time, with a tokenizer that makes every character a token."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.typeshelper import Languages
from datatrove.utils.word_tokenizers import WordTokenizer

PROCESSES = 2
BUCKETS, ROWS = 14, 8  # its defaults


class Characters(WordTokenizer):
    """Chinese has no spaces to split at."""

    def word_tokenize(self, text: str) -> list[str]:
        return list(text)

    def sent_tokenize(self, text: str) -> list[str]:
        return [text]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def main() -> None:
    source, out, _ = sys.argv[1:]
    table = pq.read_table(source)
    table = table.set_column(table.schema.get_field_index("id"), "id", table["id"].cast(pa.string()))
    each = -(-len(table) // PROCESSES)
    Path(f"{out}/in").mkdir()
    for part in range(PROCESSES):
        pq.write_table(table.slice(part * each, each), f"{out}/in/{part}.parquet")
    config = MinhashConfig(n_grams=5, num_buckets=BUCKETS, hashes_per_bucket=ROWS)
    signature = MinhashDedupSignature(f"{out}/signatures", config=config, language=Languages.english)
    signature.word_tokenizer = Characters()
    reader = ParquetReader(f"{out}/in", text_key="text", id_key="id")
    buckets = MinhashDedupBuckets(f"{out}/signatures", f"{out}/pairs", config=config, lines_to_buffer=1000)
    cluster = MinhashDedupCluster(f"{out}/pairs", f"{out}/remove", config=config, lines_to_buffer=1000)
    stages = [
        ([reader, signature], PROCESSES),
        ([buckets], BUCKETS),
        ([cluster], 1),
        ([reader, MinhashDedupFilter(f"{out}/remove"), ParquetWriter(f"{out}/result")], PROCESSES),
    ]
    for number, (pipeline, tasks) in enumerate(stages):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(tasks, PROCESSES), logging_dir=f"{out}/log{number}").run()
    ids = [int(value) for path in Path(f"{out}/result").glob("*.parquet") for value in pq.read_table(path)["id"].to_pylist()]
    pq.write_table(pa.table({"id": ids}), f"{out}/kept.parquet")


if __name__ == "__main__":
    main()
