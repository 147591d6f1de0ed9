"""For all tests: short Spark runs."""

from __future__ import annotations

import os

# Spark runs of seconds: code that is compiled for speed would be ready after they end, and takes both cores meanwhile.
os.environ.setdefault("WASHPLANT_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m")
