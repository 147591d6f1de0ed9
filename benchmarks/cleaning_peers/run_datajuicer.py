"""data-juicer 1.6: its own operators by its own command, dj-process. Needs data-juicer's environment."""

import os
import subprocess
import sys
from pathlib import Path

RECIPE = """\
project_name: cleaning
dataset_path: {source}
export_path: {out}/result.parquet
np: 2
text_keys: text
open_tracer: false
use_checkpoint: false
ds_cache_dir: {out}/cache
work_dir: {out}/work
process:
  - fix_unicode_mapper:
  - clean_html_mapper:
  - whitespace_normalization_mapper:
  - pii_redaction_mapper:
      mask_paths: false
      mask_secrets: false
      mask_ids: false
      mask_channel_ids: false
      mask_platform_open_ids: false
      mask_pem: false
      mask_jwt: false
      mask_macs: false
  - text_length_filter: {{min_len: 4, max_len: 20000}}
  - special_characters_filter: {{min_ratio: 0.0, max_ratio: 0.4}}
  - character_repetition_filter: {{rep_len: 10, min_ratio: 0.0, max_ratio: 0.3}}
"""

if __name__ == "__main__":
    source, out = (Path(argument).absolute() for argument in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    recipe = out / "recipe.yaml"
    recipe.write_text(RECIPE.format(source=next(source.glob("*.parquet")), out=out), encoding="utf-8")
    offline = {"HF_HOME": str(out / "hf"), "HF_HUB_OFFLINE": "1", "DATA_JUICER_CACHE_HOME": str(out / "juicer")}
    command = [str(Path(sys.executable).parent / "dj-process"), "--config", str(recipe)]
    sys.exit(subprocess.run(command, cwd=out, env={**os.environ, **offline}, check=False).returncode)
