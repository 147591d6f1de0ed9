"""Near-duplicate removal by peers, file to file in two processes: `python SCRIPT IN.parquet OUT_DIR THRESHOLD`.

IN has id (int64) and text; the ids that stay go to OUT_DIR/kept.parquet. The `kernel_*` scripts print texts per second.
"""

PEERS = {
    "rensa": ("rensa==0.5.0", "pyarrow==26.0.1", "numpy==2.4.6"),
    "datatrove": ("datatrove[io,processing]==0.10.1", "spacy", "jieba", "ftfy", "nltk", "xxhash", "orjson"),
    "data-juicer": ("py-data-juicer==1.6.1", "aiohttp"),  # dj-process imports aiohttp, its wheel does not ask for it
    "datasketch": ("datasketch==2.0.0", "pyarrow==26.0.1", "numpy==2.4.6"),
}
