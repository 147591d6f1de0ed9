"""For all tests: short Spark runs, and no clock that decides."""

from __future__ import annotations

import os

from hypothesis import settings

# Spark runs of seconds: code that is compiled for speed would be ready after they end, and takes both cores meanwhile.
os.environ.setdefault("WASHPLANT_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m")

# A busy machine is no failure.
settings.register_profile("washplant", deadline=None)
settings.load_profile("washplant")
