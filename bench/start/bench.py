"""From definitions in files to the first answer over HTTP: apply, serve, and a request until it is answered
with 200; and again with what was applied before. Seconds."""
import time

import harness
import stores

VIEWS = 10
FEATURES = 10


def main():
    folder = harness.DATA / "start"
    stores.fresh(folder)
    rows = folder / "rows.parquet"
    stores.write_rows(rows, 1_000, 1_000, FEATURES)
    views = stores.Views({f"v{i}": stores.feature_names(FEATURES) for i in range(VIEWS)})
    body = {"features": [f"v0:{name}" for name in stores.feature_names(FEATURES)], "entities": {stores.KEY: [1]}}

    def started(make, apply, serve, is_new):
        def run():
            if is_new:
                make(folder / make.__name__, rows, views)
            begin = time.perf_counter()
            stores.run(apply(folder / make.__name__, "apply"))
            port = stores.free_port()
            with stores.Server(serve(folder / make.__name__, port), port, body) as server:
                seconds = time.perf_counter() - begin
                return seconds, stores.answers(server.first)
        return run

    for case, is_new in (("new", True), ("applied before", False)):
        harness.compare("start", f"apply and serve {VIEWS} views, {case}, to the first answer",
                        started(stores.make_weft, stores.weft_command, stores.weft_server, is_new), "feast",
                        started(stores.make_feast, stores.feast_command, stores.feast_server, is_new),
                        lambda mine, other: mine == other, rounds=3, budget=60)


main()
