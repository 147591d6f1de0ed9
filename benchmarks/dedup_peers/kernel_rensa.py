"""rensa: R-MinHash of the sets of character 5-grams, K = 128, one thread; prints texts per CPU second."""

import os
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
import pyarrow.parquet as pq
import rensa

texts = pq.read_table(sys.argv[1])["text"].to_pylist()[: int(sys.argv[2])]
start = time.process_time()
for n in range(0, len(texts), 1000):
    part = texts[n : n + 1000]
    rensa.RMinHash.from_token_sets([list({text[n : n + 5] for n in range(max(1, len(text) - 4))}) for text in part], 128, 42)
print(len(texts) / (time.process_time() - start))
