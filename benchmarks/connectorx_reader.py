"""Run by connectorx's own interpreter: reads a query to Arrow in one thread, prints rows and seconds as JSON.

The URL comes in the environment, for it holds a password; the query on stdin.
"""

import json
import os
import sys
import time

import connectorx  # type: ignore[import-not-found]

query = sys.stdin.read()
started = time.perf_counter()
table = connectorx.read_sql(os.environ["CONNECTORX_URL"], query, return_type="arrow", protocol="binary")
print(json.dumps({"rows": table.num_rows, "seconds": time.perf_counter() - started}))
