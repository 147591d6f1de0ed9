"""datasketch: `MinHash.bulk` over the sets of character 5-grams, K = 128, one thread; prints texts per CPU second."""

import sys
import time

import pyarrow.parquet as pq
from datasketch import MinHash

texts = pq.read_table(sys.argv[1])["text"].to_pylist()[: int(sys.argv[2])]
start = time.process_time()
MinHash.bulk(({text[n : n + 5].encode() for n in range(max(1, len(text) - 4))} for text in texts), num_perm=128)
print(len(texts) / (time.process_time() - start))
