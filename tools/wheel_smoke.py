"""Run by tools/test_wheel.sh with an installed weft and what it declares, and nothing else: one call into each part that
leans on a library of its own, and then a look at which libraries this process has loaded."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

import weft
from weft import Column, Entity, FeatureService, FeatureView, Source


def driver_id_text(driver_id: int) -> str:
    return f"d{driver_id}"


def log_km(km: Column[float]) -> Column[float]:  # SLEEF
    return weft.log(km)


def is_town(place: Column[str]) -> Column[bool]:  # pcre2
    return weft.regex_match(place, "^[A-Z][a-z]+$")


def driver() -> Entity:
    return Entity(keys={"driver_id": "int64"})


def trips() -> Source:
    columns = {"driver_id": "int64", "event_time": "timestamp", "km": "double", "place": "string"}
    return Source(kind="push", time="event_time", columns=columns)


def trip_view(driver: Entity, trips: Source) -> FeatureView:
    return FeatureView(entities=[driver], source=trips, features=["km", "log_km", "is_town"], ttl=timedelta(days=1))


def trip_service(trip_view: FeatureView) -> FeatureService:
    return FeatureService(views=[trip_view])


def store_and_server(folder: Path) -> None:
    """SQLite, Parquet, LMDB, HTTP."""
    features = [driver_id_text, log_km, is_town, driver, trips, trip_view, trip_service]
    now = datetime(2024, 5, 1)
    clock = weft.ManualClock(now)
    store = weft.FeatureStore(weft.Driver(features), directory=str(folder / "store"), clock=clock)
    assert store.apply()
    store.push("trips", weft.Table({"driver_id": [7], "event_time": [now], "km": [1.0], "place": ["Oslo"]}))
    expected = {"km": 1.0, "log_km": 0.0, "is_town": True}
    history = store.get_historical_features("trip_service", weft.Table({"driver_id": [7], "at": [now]}), "at")
    assert {name: history[name][0] for name in expected} == expected
    server = weft.FeatureServer(store, port=0, clock=clock)
    server.start()
    body = json.dumps({"feature_service": "trip_service", "entities": {"driver_id": [7]}}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/get-online-features", body) as response:
        answer = json.load(response)
    server.stop()
    values = [result["values"][0] for result in answer["results"]]
    assert dict(zip(answer["metadata"]["feature_names"], values)) | expected == expected | {"driver_id": 7}, answer


def command(folder: Path) -> None:
    (folder / "features.py").write_text("def doubled(x: float) -> float:\n    return x * 2\n")
    words = ["run", "doubled", "-m", "features.py", "--input", "x=2"]
    for program in (["weft"], [sys.executable, "-m", "weft"]):
        done = subprocess.run([*program, *words], cwd=folder, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "doubled = 4.0\n"), done


def sql_says_what_it_needs(folder: Path) -> None:
    store = weft.FeatureStore(weft.Driver([driver, trips, trip_view]), directory=str(folder / "store"))
    try:
        store.sql("SELECT 1 AS one")
    except weft.UnsupportedError as error:
        assert "DuckDB" in str(error)


def foreign_libraries() -> list[str]:
    """What is mapped into this process and is neither the environment's, nor Python's, nor of glibc and the compiler."""
    loaded = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if ".so" in line}
    system = re.compile(r"/(libc|libm|libdl|libpthread|librt|libresolv|libutil|ld-linux[\w-]*|libgcc_s|libstdc\+\+|libnss_\w+)\.so(\.\d+)+$")
    own = tuple({sys.prefix, sys.base_prefix, str(Path(sys.base_prefix).resolve())})
    # What Python's own modules bring: ssl, zlib, ...
    pythons = re.compile(r"/(libssl|libcrypto|libz|libexpat|libffi|libbz2|liblzma|libuuid|libsqlite3|libcrypt|libreadline|libtinfo)\.so")
    return sorted(path for path in loaded if not path.startswith(own) and not system.search(path) and not pythons.search(path))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store_and_server(Path(folder))
        command(Path(folder))
        sql_says_what_it_needs(Path(folder))
    assert not foreign_libraries(), foreign_libraries()
    print(f"wheel_smoke: weft {weft.__version__} on Python {sys.version.split()[0]} works")


main()
