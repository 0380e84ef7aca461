"""Serving a project over HTTP in Feast's protocol.

Weft's own server, in C++, answers wherever it can. What needs Python is answered by a small server here:
on-demand views, fields that are converted (maps, structs, bytes, ...), push sources whose history other
views read too, and `compat: feast`.
"""

from __future__ import annotations

import base64
import json
import math
import signal
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import weft
from weft.feast import codec
from weft.feast.data_source import PushMode
from weft.feast.errors import FeastError
from weft.feast.online_response import OnlineResponse
from weft.feast.translate import batch_source

_BODY_BYTES_MAX = 16 << 20


def serve(store: Any, host: str, port: int, key: str, certificate: str, ready: Callable[[int], None] | None):
    """Answers until the process is told to end (SIGINT, SIGTERM), then what is under way."""
    server = start(store, host, port, key, certificate)
    ended = threading.Event()
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set()) if in_main else None
    try:
        if ready is not None:
            ready(server.port)
        ended.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
        if in_main:
            signal.signal(signal.SIGTERM, before)


def start(store: Any, host: str = "127.0.0.1", port: int = 0, key: str = "", certificate: str = ""):
    """A server that runs, with `.port` and `.stop()`."""
    if bool(key) != bool(certificate):
        raise ValueError("TLS takes a key and a certificate, found one of them")
    if needs_python(store):
        return PythonServer(store, host, port, key, certificate)
    server = weft.FeatureServer(
        store.weft, host=host, port=port, project=store.project, tls_key=key, tls_certificate=certificate
    )
    server.start()
    return server


def needs_python(store: Any) -> str:
    """Why Weft's own server cannot answer for this project; empty if it can."""
    if store.config.compat == "feast":
        return "compat: feast"
    objects = store._engine.objects()
    if objects.on_demand:
        return f"on-demand view {next(iter(objects.on_demand))}"
    for view in objects.views.values():
        for field in view.schema:
            if not codec.is_plain(field.dtype):
                return f"field {field.name} of view {view.name}: {field.dtype}"
        if view.stream_source is None or view.batch_source is None:
            continue
        for other in objects.views.values():
            shares = batch_source(other.source).name == view.batch_source.name
            if shares and other.source.name != view.source.name:
                return f"views {view.name} and {other.name} have one history"
    return ""


class PythonServer:
    """One thread a connection."""

    def __init__(self, store: Any, host: str, port: int, key: str = "", certificate: str = ""):
        self._http = ThreadingHTTPServer((host, port), _handler(store))
        self._http.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(store: Any) -> type[BaseHTTPRequestHandler]:
    routes: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
        "/get-online-features": _features,
        "/push": _push,
        "/write-to-online-store": _write,
        "/materialize": _materialize,
        "/materialize-incremental": _materialize_incremental,
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self._answer(200, b"") if self.path == "/health" else self._refuse(
                404, f"there is no {self.path}"
            )

        def do_POST(self):
            route = routes.get(self.path.partition("?")[0])
            size = int(self.headers.get("Content-Length") or 0)
            if size > _BODY_BYTES_MAX:
                self.close_connection = True
                return self._refuse(413, f"the body has more than {_BODY_BYTES_MAX} bytes")
            body = self.rfile.read(size)
            if route is None:
                return self._refuse(404, f"there is no {self.path}")
            try:
                given = json.loads(body)
                if not isinstance(given, dict):
                    raise ValueError("the body is no object")
            except ValueError as e:
                return self._refuse(400, f"the body is not JSON: {e}")
            try:
                answer = route(store, given)
            except Exception as e:
                return self._fail(e)
            self._answer(200, b"" if answer is None else json.dumps(answer, default=_json).encode())

        def _fail(self, error: Exception):
            status = 500
            if isinstance(error, FeastError):
                status = error.http_status_code()
                status = 422 if status == 500 else status
            elif isinstance(error, (weft.NotFoundError,)):
                status = 404
            elif isinstance(error, (KeyError, ValueError, TypeError, NotImplementedError)):
                status = 422
            text = error.args[0] if isinstance(error, KeyError) and error.args else str(error)
            cls = type(error) if isinstance(error, FeastError) else FeastError
            self._refuse(status, str(text), cls.__name__)

        def _refuse(self, status: int, message: str, cls: str = "FeastError"):
            inner = json.dumps({"module": "feast.errors", "class": cls, "message": message})
            self._answer(status, json.dumps(inner).encode())

        def _answer(self, status: int, body: bytes):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any):
            pass

    return Handler


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def _member(given: dict[str, Any], name: str) -> Any:
    if name not in given:
        raise ValueError(f"the body has no field '{name}'")
    return given[name]


def _features(store: Any, given: dict[str, Any]) -> dict[str, Any]:
    features = given.get("features")
    if given.get("feature_service"):
        features = store.get_feature_service(given["feature_service"])
    entities = _member(given, "entities")
    if not isinstance(entities, dict):
        raise ValueError("entities: expected an object of lists")
    answer = store.get_online_features(features, entities, bool(given.get("full_feature_names")))
    return feast_answer(answer)


def feast_answer(answer: OnlineResponse) -> dict[str, Any]:
    """As Feast's server gives it: a list of values, statuses and times for each name."""
    statuses, times = answer.statuses, answer.event_timestamps
    results = [
        {
            "values": [_number(value) for value in values],
            "statuses": statuses[name],
            "event_timestamps": [_time(time) for time in times[name]],
        }
        for name, values in answer.to_dict().items()
    ]
    return {"results": results, "metadata": {"feature_names": list(statuses)}}


def _number(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, list):
        return [_number(each) for each in value]
    return value


def _time(time: datetime) -> str:
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    micro = time.microsecond
    if micro:
        text += f".{micro // 1000:03d}" if micro % 1000 == 0 else f".{micro:06d}"
    return text + "Z"


def _push(store: Any, given: dict[str, Any]):
    modes = {mode.name.lower(): mode for mode in PushMode}
    to = given.get("to", "online")
    if to not in modes:
        raise ValueError(f"to: expected online, offline or online_and_offline, found {to!r}")
    store.push(_member(given, "push_source_name"), _rows(given), to=modes[to])


def _write(store: Any, given: dict[str, Any]):
    name = _member(given, "feature_view_name")
    rows = _rows(given)
    view = store.get_feature_view(name)
    time = batch_source(view.source).timestamp_field or "event_timestamp"
    if time not in rows and "event_timestamp" in rows:
        rows[time] = rows.pop("event_timestamp")  # Feast's client calls the time so
    store.write_to_online_store(name, rows)


def _rows(given: dict[str, Any]) -> dict[str, list[Any]]:
    rows = _member(given, "df")
    if not isinstance(rows, dict) or not all(isinstance(values, list) for values in rows.values()):
        raise ValueError("df: expected an object of lists")
    return dict(rows)


def _date(given: dict[str, Any], name: str) -> datetime:
    text = _member(given, name)
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: expected a time in ISO 8601, found {text!r}") from None


def _materialize(store: Any, given: dict[str, Any]):
    views, version = given.get("feature_views"), given.get("version")
    if given.get("disable_event_timestamp"):
        store.materialize(None, None, views, disable_event_timestamp=True, version=version)
    else:
        store.materialize(_date(given, "start_ts"), _date(given, "end_ts"), views, version=version)


def _materialize_incremental(store: Any, given: dict[str, Any]):
    store.materialize_incremental(_date(given, "end_ts"), given.get("feature_views"), given.get("version"))
