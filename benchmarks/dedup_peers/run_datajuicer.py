"""data-juicer: dj-process with its MinHash deduplicator over windows of five characters, two processes."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

RECIPE = """
project_name: benchmark
dataset_path: {source}
export_path: {out}/result.parquet
np: 2
text_keys: text
open_tracer: false
use_checkpoint: false
ds_cache_dir: {out}/cache
work_dir: {out}/work
process:
  - document_minhash_deduplicator:
      tokenization: character
      window_size: 5
      lowercase: false
      num_permutations: 128
      jaccard_threshold: {threshold}
"""


def main() -> None:
    source, out, threshold = sys.argv[1:]
    Path(f"{out}/recipe.yaml").write_text(RECIPE.format(source=source, out=out, threshold=threshold))
    environment = dict(os.environ, HF_HOME=f"{out}/hf", HF_HUB_OFFLINE="1", DATA_JUICER_CACHE_HOME=f"{out}/dj")
    command = [str(Path(sys.executable).parent / "dj-process"), "--config", f"{out}/recipe.yaml"]
    subprocess.run(command, cwd=out, env=environment, check=True)
    pq.write_table(pq.read_table(f"{out}/result.parquet", columns=["id"]), f"{out}/kept.parquet")


if __name__ == "__main__":
    main()
