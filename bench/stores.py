"""One data set as a feature store of Weft and one of Feast: projects, commands with what they cost, servers."""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import harness

KEY, TIME = "id", "event_time"
WEFT = str(harness.BIN / "weft")
FEAST = str(pathlib.Path(sys.executable).parent / "feast")
QUIET = os.environ | {"FEAST_USAGE": "False", "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"}
BEGIN = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
END = "2024-02-01T00:00:00"
TICKS = os.sysconf("SC_CLK_TCK")


def feature_names(count):
    return [f"f{i:02}" for i in range(count)]


def write_rows(path, rows, keys, features, every_key=False, block=1 << 17):
    """Parquet, a row group a block: keys, times within a month, doubles. With every_key each key has a row at
    least. Times are whole seconds: Feast's SQLite store leaves out the rest."""
    rng = np.random.default_rng(7)
    schema = pa.schema([(KEY, pa.int64()), (TIME, pa.timestamp("us", "UTC"))] +
                       [(name, pa.float64()) for name in feature_names(features)])
    start = int(BEGIN.timestamp())
    with pq.ParquetWriter(path, schema) as writer:
        for at in range(0, rows, block):
            n = min(block, rows - at)
            ids = np.arange(at, at + n) % keys if every_key else rng.integers(0, keys, n)
            times = (start + rng.integers(0, 30 * 86_400, n)) * 1_000_000
            columns = [pa.array(ids), pa.array(times).cast(schema.field(TIME).type)]
            columns += [pa.array(np.round(rng.normal(size=n), 6)) for _ in range(features)]
            writer.write_table(pa.table(columns, schema=schema))


class Views:
    """Names of views and their features. All are over one file and have one key."""

    def __init__(self, features_of):
        self.features_of = features_of

    @classmethod
    def split(cls, name, features, views):
        each = features // views
        names = feature_names(features)
        return cls({f"{name}{v}": names[v * each:(v + 1) * each] for v in range(views)})

    def __or__(self, other):
        return Views(self.features_of | other.features_of)

    def references(self):
        return [f"{view}:{name}" for view, names in self.features_of.items() for name in names]


def make_weft(folder, rows, views):
    fresh(folder)
    features = sorted({name for names in views.features_of.values() for name in names})
    columns = ", ".join([f"{KEY}: int64", f"{TIME}: timestamp"] + [f"{name}: double" for name in features])
    text = (f"entities:\n  item: {{keys: {{{KEY}: int64}}}}\n"
            f"sources:\n  rows: {{path: '{rows}', time: {TIME}, columns: {{{columns}}}}}\nviews:\n")
    for view, names in views.features_of.items():
        text += f"  {view}: {{entities: [item], source: rows, features: [{', '.join(names)}]}}\n"
    (folder / "features.yaml").write_text(text)
    (folder / "weft.yaml").write_text("project: bench\ndefinitions: [features.yaml]\n")


def make_feast(folder, rows, views):
    fresh(folder)
    (folder / "feature_store.yaml").write_text(
        "project: bench\nprovider: local\nregistry: registry.db\nentity_key_serialization_version: 3\n"
        "online_store:\n  type: sqlite\n  path: online.db\n")
    text = ("from datetime import timedelta\nfrom feast import Entity, FeatureView, Field, FileSource, ValueType\n"
            "from feast.types import Float64\n"
            f"item = Entity(name='item', join_keys=['{KEY}'], value_type=ValueType.INT64)\n"
            f"rows = FileSource(name='rows', path='{rows}', timestamp_field='{TIME}')\n")
    for view, names in views.features_of.items():
        text += (f"{view} = FeatureView(name='{view}', entities=[item], ttl=timedelta(0), source=rows,\n"
                 f"    schema=[Field(name=name, dtype=Float64) for name in {names}])\n")
    (folder / "definitions.py").write_text(text)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def weft_command(folder, *words):
    return [WEFT, *words, "--project", str(folder)]


def feast_command(folder, *words):
    return [FEAST, "-c", str(folder), *words]


def run(command):
    """Waits for a command that has to succeed. Its wall seconds, CPU seconds, peak MiB and output."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=QUIET, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if status:
        raise RuntimeError(f"{' '.join(command)}\n{output}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024,
            "output": output}


# ---- servers ----------------------------------------------------------------------------------------

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def weft_server(folder, port):
    """One thread, as Feast's one worker."""
    return weft_command(folder, "serve", "--port", str(port), "--threads", "1")


def feast_server(folder, port):
    """Without the log of requests, and without the restart every thousand of them."""
    return feast_command(folder, "serve", "-p", str(port), "-w", "1", "--max-requests", "0", "--no-access-log")


class Server:
    """A server as a process of its own, from here on answering requests."""

    def __init__(self, command, port, body, patience=120):
        self.port = port
        self.process = subprocess.Popen(command, env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        until = time.perf_counter() + patience
        while True:
            if self.process.poll() is not None or time.perf_counter() > until:
                raise RuntimeError(f"{' '.join(command)} does not answer")
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.first = self.ask(body)
                return
            time.sleep(0.002)

    def ask(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/get-online-features", json.dumps(body),
                               {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            if response.status != 200:
                raise RuntimeError(f"status {response.status}: {text[:500]}")
            return json.loads(text)
        finally:
            connection.close()

    def cpu_seconds(self):
        """Of the process and those it has started."""
        total = 0
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                if os.getsid(int(entry.name)) != self.process.pid:
                    continue
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def answers(response):
    """Of each name the values, whether each was there, and the times where it was."""
    found = {}
    for name, column in zip(response["metadata"]["feature_names"], response["results"]):
        there = [status == "PRESENT" for status in column["statuses"]]
        times = [moment(text) if is_there else None
                 for text, is_there in zip(column["event_timestamps"], there)]
        found[name] = (column["values"], there, times)
    return found


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
