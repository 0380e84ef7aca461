"""There is no telemetry: these calls are kept so that code which switches it off still runs."""


def disable_telemetry() -> None:
    """Does nothing: nothing is ever sent."""


def is_telemetry_enabled() -> bool:
    return False
