#!/usr/bin/env python3
"""flight_client.py WEFT [SEED]: training sets got with pyarrow.flight from `weft serve --flight-port` have to equal
what `weft history` writes. Needs pyarrow. Prints what does not hold and the seed; exit status 1 then.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as flight
import pyarrow.parquet as pq

DEFINITIONS = """
entities:
  driver: {keys: {driver_id: int64}}
  city_entity: {keys: {city: string}}
sources:
  positions:
    kind: push
    time: at
    columns: {driver_id: int64, at: timestamp, x: double, trips: int64, rank: int32, score: float, name: string,
              active: bool, seen: timestamp, path: list<double>}
  weather: {kind: push, time: at, columns: {city: string, at: timestamp, celsius: double}}
views:
  position: {entities: [driver], source: positions, ttl: 2d,
             features: [x, trips, rank, score, name, active, seen, path]}
  city_weather: {entities: [city_entity], source: weather, features: [celsius]}
services:
  near: {views: [{view: position}, {view: city_weather}]}
"""
TOKENS = "tokens:\n  app: {token: reader}\n  trainer: {token: writer, scope: write}\n"
HOUR = 3_600_000_000
TIME = pa.timestamp("us", tz="UTC")
failures = []


def check(what, holds, found=""):
    if not holds:
        failures.append(f"{what}: {found}")


def column(rng, rows, make, type, nulls=0.1):
    return pa.array([None if rng.random() < nulls else make() for _ in range(rows)], type)


def positions(rng, rows):
    return pa.table({
        "driver_id": column(rng, rows, lambda: rng.randrange(200), pa.int64(), 0),
        "at": column(rng, rows, lambda: rng.randrange(100) * HOUR, TIME, 0),
        "x": column(rng, rows, rng.random, pa.float64()),
        "trips": column(rng, rows, lambda: rng.randrange(1 << 60), pa.int64()),
        "rank": column(rng, rows, lambda: rng.randrange(1 << 30), pa.int32()),
        "score": column(rng, rows, lambda: rng.randrange(100) / 4, pa.float32()),
        "name": column(rng, rows, lambda: "n" * rng.randrange(20) + "\u00e9", pa.string()),
        "active": column(rng, rows, lambda: rng.random() < 0.5, pa.bool_()),
        "seen": column(rng, rows, lambda: rng.randrange(1 << 50), TIME),
        "path": column(rng, rows, lambda: [rng.random() for _ in range(rng.randrange(4))], pa.list_(pa.float64())),
    })


def weather(rng, rows):
    return pa.table({
        "city": column(rng, rows, lambda: f"c{rng.randrange(20)}", pa.string(), 0),
        "at": column(rng, rows, lambda: rng.randrange(100) * HOUR, TIME, 0),
        "celsius": column(rng, rows, rng.random, pa.float64()),
    })


def spine(rng, rows):
    return pa.table({
        "driver_id": column(rng, rows, lambda: rng.randrange(220), pa.int64()),
        "city": column(rng, rows, lambda: f"c{rng.randrange(22)}", pa.string()),
        "event_timestamp": column(rng, rows, lambda: rng.randrange(160) * HOUR, TIME),
        "label": column(rng, rows, rng.random, pa.float64()),
    })


class Server:
    def __init__(self, weft, folder, *flags):
        command = [weft, "serve", "--project", str(folder), "--port", "0", "--flight-port", "0", "--token-file",
                   str(folder / "tokens.yaml"), *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = None
        for line in self.process.stdout:
            if found := re.search(r"grpc\S*://\S+", line):
                self.url = found[0]
            if line.startswith("serving"):
                return
        raise SystemExit(f"it did not start: status {self.process.wait()}")

    def stop(self):
        self.process.terminate()
        check("its exit status", self.process.wait(60) == 0, self.process.returncode)


def options(token):
    return flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token.encode())])


def exchange(client, command, rows, token="reader", chunk=1000):
    """The rows with what the command adds to them."""
    descriptor = flight.FlightDescriptor.for_command(json.dumps(command))
    writer, reader = client.do_exchange(descriptor, options(token))
    with writer:
        writer.begin(rows.schema)
        writer.write_table(rows, chunk)
        writer.done_writing()
        return reader.read_all()


def push(client, source, rows, token="writer"):
    descriptor = flight.FlightDescriptor.for_command(json.dumps({"push": source}))
    writer, reader = client.do_put(descriptor, rows.schema, options(token))
    with writer:
        writer.write_table(rows)
        writer.done_writing()
        return json.loads(reader.read().to_pybytes())


def raised(what, kind, part, call):
    try:
        call()
    except kind as error:
        check(what, part in str(error), error)
    except Exception as error:  # the wrong kind
        check(what, False, f"{type(error).__name__}: {error}")
    else:
        check(what, False, "nothing was raised")


def same(what, found, expected):
    """Names, values and their order; nulls are null, and types may differ in their nullability only."""
    check(what + ": names", found.column_names == expected.column_names, found.column_names)
    if found.column_names != expected.column_names or found.num_rows != expected.num_rows:
        return check(what + ": rows", False, f"{found.num_rows} of {expected.num_rows}")
    for name in found.column_names:
        check(f"{what}: {name}", found[name].to_pylist() == expected[name].to_pylist(), "values differ")
        type = str(expected[name].type).replace("<element:", "<item:")  # as Parquet calls what is in a list
        check(f"{what}: type of {name}", str(found[name].type) == type,
              f"{found[name].type}, and {expected[name].type} in history")


def compare(client, history, rng):
    for rows in (0, 1, 5000):
        given = spine(rng, rows)
        same(f"near of {rows} rows", exchange(client, {"service": "near"}, given), history(["near"], given))
    given = spine(rng, 700)
    same("some features", exchange(client, {"features": ["position:x", "city_weather:celsius"], "full_names": True,
                                            "event_times": True, "reasons": True, "as_of": "known"}, given, chunk=7),
         history(["position:x", "city_weather:celsius", "--full-names", "--event-times", "--reasons", "--as-of",
                  "known"], given))
    at = "1970-01-03T07:00:00Z"
    ticket = flight.Ticket(json.dumps({"features": ["position:*"], "at": at}))
    same("every key", client.do_get(ticket, options("reader")).read_all(),
         history(["position:*", "--at", at], None))
    expected = history(["near"], given)
    threads = [threading.Thread(target=lambda: same("at once", exchange(client, {"service": "near"}, given), expected))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def mistakes(client, rng):
    given = spine(rng, 50_000)
    raised("an unknown service", KeyError, "did you mean 'near'", lambda: exchange(client, {"service": "neer"}, given))
    raised("an unknown field", pa.ArrowInvalid, 'no field "sql"', lambda: exchange(client, {"sql": ""}, given))
    raised("no column of times", KeyError, "event_timestamp",
           lambda: exchange(client, {"service": "near"}, given.drop_columns("event_timestamp")))
    raised("no token", flight.FlightUnauthenticatedError, "not known",
           lambda: exchange(client, {"service": "near"}, given, token="guess"))
    raised("a token for reading", flight.FlightUnauthorizedError, "may read, but not write",
           lambda: push(client, "weather", weather(rng, 3), token="reader"))


def over_tls(weft, folder, rng, expect):
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                   check=True, stderr=subprocess.DEVNULL)
    server = Server(weft, folder, "--tls-cert", str(certificate), "--tls-key", str(key), "--flight-max-spine", "1KiB")
    try:
        client = flight.connect(server.url, tls_root_certs=certificate.read_bytes())
        given = spine(rng, 5)
        same("over TLS", exchange(client, {"service": "near"}, given), expect(["near"], given))
        raised("a spine above the limit", pa.ArrowInvalid, "spine_bytes_max",
               lambda: exchange(client, {"service": "near"}, spine(rng, 5000)))
    finally:
        server.stop()


def main() -> int:
    weft = sys.argv[1]
    default = int(os.environ.get("WEFT_SEEDS_FROM", random.randrange(1 << 30)))
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else default
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "weft.yaml").write_text("project: rides\ndefinitions: [features.yaml]\n")
        (folder / "features.yaml").write_text(DEFINITIONS)
        (folder / "tokens.yaml").write_text(TOKENS)
        project = ["--project", str(folder)]
        subprocess.run([weft, "apply", *project], check=True, stdout=subprocess.DEVNULL)

        def history(arguments, given):
            out = folder / "out.parquet"
            if given is not None:
                pq.write_table(given, folder / "spine.parquet")
                arguments = [*arguments, "--spine", str(folder / "spine.parquet")]
            subprocess.run([weft, "history", *arguments, "--to", str(out), *project], check=True,
                           stderr=subprocess.DEVNULL)
            return pq.read_table(out)

        server = Server(weft, folder)
        try:
            client = flight.connect(server.url)
            for source, rows in (("positions", positions(rng, 3000)), ("weather", weather(rng, 500))):
                report = push(client, source, rows)
                check(f"pushed {source}", report["offline"] == rows.num_rows, report)
            listed = [info.descriptor.command for info in client.list_flights(options=options("reader"))]
            check("services", listed == [b'{"service":"near"}'], listed)
            health = [json.loads(result.body.to_pybytes()) for result in client.do_action("health")]
            check("health", health[0]["project"] == "rides", health)
            compare(client, history, rng)
            mistakes(client, rng)
        finally:
            server.stop()
        over_tls(weft, folder, rng, history)
    for failure in failures:
        print(f"seed {seed}: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
