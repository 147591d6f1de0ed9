"""Java with PySpark's jars: small main classes compiled by Janino, which is among those jars, so that no JDK is needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.server import Unavailable

SOURCES = Path(__file__).parent / "java"

# What Spark opens for itself (org.apache.spark.launcher.JavaModuleOptions); Hive lives off the same packages.
_PACKAGES = (
    *("lang", "lang.invoke", "lang.reflect", "io", "net", "nio", "util", "util.concurrent", "util.concurrent.atomic"),
    *("time", "math", "text"),
)
_OPEN = (
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in _PACKAGES),
    *(f"--add-opens=java.base/sun.{name}=ALL-UNNAMED" for name in ("nio.ch", "nio.cs", "security.action", "util.calendar")),
    "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
    "-Djdk.reflect.useDirectMethodHandle=false",
    "-XX:+UseSerialGC",
)

_COMPILE = """
import sys
from pyspark.java_gateway import launch_gateway
gateway = launch_gateway()
try:
    jvm = gateway.jvm
    compiler = jvm.org.codehaus.janino.Compiler()
    compiler.setDestinationDirectory(jvm.java.io.File(sys.argv[1]), False)
    files = gateway.new_array(jvm.java.io.File, len(sys.argv) - 2)
    for i, name in enumerate(sys.argv[2:]):
        files[i] = jvm.java.io.File(name)
    compiler.setIClassLoader(jvm.org.codehaus.janino.ClassLoaderIClassLoader(jvm.Thread.currentThread().getContextClassLoader()))
    compiler.compile(files)
finally:
    gateway.shutdown()
"""


def jars() -> Path:
    """The folder of PySpark's jars. Raises Unavailable."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise Unavailable(f"this server comes with pyspark, which {sys.executable} does not have: run `make setup`")
    return Path(spec.origin).parent / "jars"


def java() -> str:
    """The java program. Raises Unavailable."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if found is None or not Path(found).is_file():
        raise Unavailable("this server needs Java 17 or newer: no `java` on the PATH and no JAVA_HOME")
    return found


def classes(into: Path, *names: str) -> Path:
    """Have the classes of `java/<name>.java` in the folder `into`. Done once for each text of the sources."""
    java(), jars()
    sources = [SOURCES / f"{name}.java" for name in names]
    text = "".join(source.read_text() for source in sources)
    done = into / "sources.txt"
    if done.is_file() and done.read_text() == text:
        return into
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", _COMPILE, str(into), *map(str, sources)]
    env = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)
    if run.returncode:
        raise Unavailable(f"the classes {', '.join(names)} do not compile: {run.stderr[-500:]}")
    done.write_text(text)
    return into


def command(
    heap: str, folders: list[Path], properties: Mapping[str, str], main: str, *arguments: str, light: bool = False
) -> list[str]:
    """`java … main arguments` with `folders` (configuration, classes) before PySpark's jars; `light` compiles little."""
    given = [f"-D{name}={value}" for name, value in properties.items()]
    path = os.pathsep.join([*map(str, folders), f"{jars()}/*"])
    compiler = ["-XX:TieredStopAtLevel=1"] if light else []
    return [java(), *_OPEN, *compiler, f"-Xmx{heap}", *given, "-cp", path, main, *arguments]


def site(folder: Path, settings: Mapping[str, str]) -> None:
    """Write hive-site.xml and a log configuration into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in settings.items())
    (folder / "hive-site.xml").write_text(f"<configuration>{rows}</configuration>")
    (folder / "log4j2.properties").write_text(_LOG)


_LOG = """\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1}: %.-2000m%n%ex{20}
"""
