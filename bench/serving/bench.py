"""Feast's protocol over HTTP: `weft serve` (one thread, LMDB) against `feast serve` (one worker, SQLite), with
the same views, rows and requests, loaded by bench_serving. Rows x features x views x connections: requests
a second, p50 and p99, CPU of the server for a request. Then more than we can answer. bench.py [SECONDS]"""
import json
import random
import sys

import harness
import stores

SHAPES = [(features, views) for features in (10, 50) for views in (1, 5)]
ROWS = (1, 10, 100)
CONNECTIONS = (1, 8, 64)
BODIES = 200
OVERLOAD = 3


def name_of(features, views):
    return f"v{features}x{views}_"


def requests_of(shape, rows, keys, path=None):
    """Some requests; of ten keys one is not there."""
    rng = random.Random(7)
    references = stores.Views.split(name_of(*shape), *shape).references()
    bodies = [{"features": references, "entities": {stores.KEY: [rng.randrange(keys * 10 // 9) for _ in range(rows)]}}
              for _ in range(BODIES)]
    if path:
        path.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    return bodies


class Pair:
    """The two servers over one data set."""

    def __init__(self, folder, keys, shapes):
        self.folder, self.keys, self.shapes = folder, keys, shapes
        rows = folder / "rows.parquet"
        stores.write_rows(rows, keys, keys, max(features for features, _ in shapes), every_key=True)
        views = stores.Views({})
        for shape in shapes:
            views |= stores.Views.split(name_of(*shape), *shape)
        self.servers = []
        body = requests_of(shapes[0], 1, keys)[0]
        for make, command, serve, dates in (
                (stores.make_weft, stores.weft_command, stores.weft_server, ["--end", stores.END + "Z"]),
                (stores.make_feast, stores.feast_command, stores.feast_server,
                 [stores.BEGIN.strftime("%Y-%m-%dT%H:%M:%S"), stores.END])):
            project = folder / make.__name__
            make(project, rows, views)
            stores.run(command(project, "apply"))
            stores.run(command(project, "materialize", *dates))
            port = stores.free_port()
            self.servers.append(stores.Server(serve(project, port), port, body))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.__exit__()

    def same(self, shape, rows):
        """Whether both say the same to some requests, value by value."""
        weft, feast = self.servers
        return all(stores.answers(weft.ask(body)) == stores.answers(feast.ask(body))
                   for body in requests_of(shape, rows, self.keys)[:5])


def loaded(load, server, connections, seconds, path):
    before = server.cpu_seconds()
    found = load.ask("load", server.port, connections, seconds, path)
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} requests failed")
    found["cpu_ms"] = max(server.cpu_seconds() - before, 1 / stores.TICKS) / found["requests"] * 1e3
    return found


def best(runs):
    return {"rate": max(run["rate"] for run in runs)} | {
        what: min(run[what] for run in runs) for what in ("p50_ms", "p99_ms", "cpu_ms")}


def measure(load, pair, shape, rows, seconds):
    path = pair.folder / "bodies.jsonl"
    requests_of(shape, rows, pair.keys, path)
    equal = pair.same(shape, rows)
    for connections in CONNECTIONS:
        runs = [[], []]
        for _ in range(2):  # in turn, so that whatever else the machine does strikes both
            for at, server in enumerate(pair.servers):
                runs[at].append(loaded(load, server, connections, seconds, path))
        mine, other = map(best, runs)
        case = (f"{rows} rows, {shape[0]} features of {shape[1]} views, {connections} connections, "
                f"{pair.keys} keys")
        harness.report("serving", f"rate, {case}", mine["rate"], "feast sqlite", other["rate"], "1/s", equal,
                       more_is_better=True)
        for what in ("p50_ms", "p99_ms", "cpu_ms"):
            harness.report("serving", f"{what}, {case}", mine[what], "feast sqlite", other[what], "ms", equal)


def overload(load, pair, seconds):
    """Ours alone: what is answered while several times as much is asked, against the same when idle."""
    path = pair.folder / "bodies.jsonl"
    requests_of(pair.shapes[0], 10, pair.keys, path)
    port = pair.servers[0].port
    capacity = max(load.ask("load", port, 64, seconds, path)["rate"] for _ in range(3))

    def offered(connections, times):
        return min((load.ask("offer", port, connections, seconds, path, capacity * times) for _ in range(3)),
                   key=lambda run: run["p99_ms"])

    idle, more = offered(64, 0.1), offered(2_000, OVERLOAD)
    case = f"{OVERLOAD} times the capacity offered over 2000 connections"
    harness.report("serving", f"p99_ms of what is accepted, {case}, {more['failed']} of "
                   f"{more['requests'] + more['failed']} refused", more["p99_ms"], "weft, a tenth of it offered",
                   idle["p99_ms"], "ms", True)
    harness.report("serving", f"rate of what is accepted, {case}", more["rate"], "weft, as much as it takes",
                   capacity, "1/s", True, more_is_better=True)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    folder = harness.DATA / "serving"
    stores.fresh(folder)
    with harness.Ours("bench_serving") as load:
        with Pair(folder, 2_000, SHAPES) as pair:
            for rows in ROWS:
                for shape in SHAPES:
                    measure(load, pair, shape, rows, seconds)
        with Pair(folder, 100_000, SHAPES[:1]) as pair:
            for rows in ROWS:
                measure(load, pair, SHAPES[0], rows, seconds)
            overload(load, pair, seconds)


main()
