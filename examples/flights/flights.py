"""Every flight out of New York in 2013: will it leave more than a quarter of an hour late?

What is known before departure: the calendar, the route, the weather at that moment, the aircraft, and how late flights were before. Times
are UTC; hours and days are New York's. The same features as in features.cc and store.cc, to the bit.
"""

from datetime import datetime, timedelta
from typing import Optional

import weft
from weft import Column, Entity, FeatureService, FeatureView, Scalar, Source, Table

ZONE = "America/New_York"

# The features of the training table: those a request computes too.
FEATURES = """
    hour_of_day weekday month_of_year is_weekend is_morning is_evening hour_angle_sin hour_angle_cos is_holiday_season
    route log_distance is_long_haul distance_normalized is_ewr is_jfk is_lga
    temperature dew_point wind_speed precipitation visibility dew_spread is_freezing is_bad_weather
    built seats aircraft_age is_small_aircraft
    carrier_mean_delay dest_mean_delay carrier_against_dest origin_delay_3h aircraft_last_delay delay_pressure
""".split()

# ---- sources --------------------------------------------------------------------------------------------------------


@weft.extract_columns(
    time_hour=datetime, minute=int, carrier=str, tailnum=str, origin=str, dest=str, distance=float, dep_delay=float
)
@weft.check(weft.fail(weft.Check("row_count_in_range", {"lo": 300_000, "hi": 400_000})))
def flights(flights_path: str) -> Table:
    """336,776 flights; delays in minutes, distance in miles. A cancelled flight has no delay."""
    return weft.read_csv(flights_path, types={"dep_delay": float, "distance": float})


@weft.tag(source="ASOS")
def weather(weather_path: str) -> Table:
    """The weather at each airport, by the hour: temperature in Fahrenheit, wind in miles an hour."""
    observations = weft.read_csv(weather_path, types={"wind_gust": float, "precip": float, "visib": float, "wind_dir": float})
    return weft.table_ops.distinct(observations, ["origin", "time_hour"])


@weft.tag(source="FAA")
def planes(planes_path: str) -> Table:
    """The aircraft, by tail number."""
    return weft.read_csv(planes_path, types={"year": int, "seats": int})


# ---- calendar -------------------------------------------------------------------------------------------------------


def scheduled(time_hour: datetime, minute: int) -> datetime:
    """When the flight should leave."""
    return time_hour + timedelta(minutes=minute)


def hour_of_day(scheduled: Column[datetime]) -> Column[int]:
    return weft.hour(scheduled, ZONE)


def weekday(scheduled: Column[datetime]) -> Column[int]:
    return weft.day_of_week(scheduled, ZONE)


def month_of_year(scheduled: Column[datetime]) -> Column[int]:
    return weft.month(scheduled, ZONE)


def is_weekend(weekday: int) -> bool:
    return weekday >= 5


def is_morning(hour_of_day: int) -> bool:
    return hour_of_day < 10


def is_evening(hour_of_day: int) -> bool:
    return hour_of_day >= 17


def hour_angle_sin(hour_of_day: Column[int]) -> Column[float]:
    return weft.sin(hour_of_day * 0.26179938779914943655)


def hour_angle_cos(hour_of_day: Column[int]) -> Column[float]:
    return weft.cos(hour_of_day * 0.26179938779914943655)


def is_holiday_season(scheduled: Column[datetime]) -> Column[bool]:
    """The weeks around Christmas."""
    day = weft.day_of_year(scheduled, ZONE)
    return (day >= 355) | (day <= 4)


# ---- route ----------------------------------------------------------------------------------------------------------


def route(origin: str, dest: str) -> str:
    return origin + "-" + dest


def log_distance(distance: Column[float]) -> Column[float]:
    return weft.log(distance)


def is_long_haul(distance: float) -> bool:
    return distance > 2000


def distance_mean(distance: Column[float]) -> Scalar[float]:
    return weft.mean(distance)


def distance_stddev(distance: Column[float]) -> Scalar[float]:
    return weft.stddev(distance)


@weft.check(weft.in_range(-4, 5))
def distance_normalized(distance: float, distance_mean: float, distance_stddev: float) -> float:
    return (distance - distance_mean) / distance_stddev


@weft.parameterize(is_ewr={"airport": weft.value("EWR")}, is_jfk={"airport": weft.value("JFK")}, is_lga={"airport": weft.value("LGA")})
def is_origin(origin: str, airport: str) -> bool:
    return origin == airport


# ---- weather as of departure ----------------------------------------------------------------------------------------


def _newest(weather: Scalar[Table], field: str, origin: Column[str], scheduled: Column[datetime]) -> Column[float]:
    # The newest observation at the airport, at most two hours old.
    return weft.lookup(weather, field, float, origin=origin, time=scheduled, event_time="time_hour", ttl=timedelta(hours=2))


def temperature(weather: Scalar[Table], origin: Column[str], scheduled: Column[datetime]) -> Column[float]:
    return _newest(weather, "temp", origin, scheduled)


def dew_point(weather: Scalar[Table], origin: Column[str], scheduled: Column[datetime]) -> Column[float]:
    return _newest(weather, "dewp", origin, scheduled)


def wind_speed(weather: Scalar[Table], origin: Column[str], scheduled: Column[datetime]) -> Column[float]:
    return _newest(weather, "wind_speed", origin, scheduled)


def precipitation(weather: Scalar[Table], origin: Column[str], scheduled: Column[datetime]) -> Column[float]:
    return _newest(weather, "precip", origin, scheduled)


def visibility(weather: Scalar[Table], origin: Column[str], scheduled: Column[datetime]) -> Column[float]:
    return _newest(weather, "visib", origin, scheduled)


def dew_spread(temperature: float, dew_point: float) -> float:
    return temperature - dew_point


def is_freezing(temperature: float) -> bool:
    return temperature <= 32


def is_bad_weather(precipitation: float, visibility: float, wind_speed: float) -> bool:
    """Rain or snow, fog or strong wind."""
    return precipitation > 0.05 or visibility < 3 or wind_speed > 25


# ---- the aircraft ---------------------------------------------------------------------------------------------------


def built(planes: Scalar[Table], tailnum: Column[str]) -> Column[int]:
    return weft.lookup(planes, "year", int, tailnum=tailnum)


def seats(planes: Scalar[Table], tailnum: Column[str]) -> Column[int]:
    return weft.lookup(planes, "seats", int, tailnum=tailnum)


@weft.check(weft.in_range(0, 60))
def aircraft_age(built: Column[int], scheduled: Column[datetime]) -> Column[int]:
    return weft.year(scheduled, ZONE) - built


def is_small_aircraft(seats: int) -> bool:
    return seats < 60


# ---- how late flights were ------------------------------------------------------------------------------------------


def carrier_delays(flights: Table) -> Table:
    """Mean delay of each carrier over the year."""
    return weft.group_by(flights, "carrier").aggregate([("mean_delay", "mean", "dep_delay")])


def dest_delays(flights: Table) -> Table:
    """Mean delay of the flights to each destination over the year."""
    return weft.group_by(flights, "dest").aggregate([("mean_delay", "mean", "dep_delay")])


def carrier_mean_delay(carrier_delays: Scalar[Table], carrier: Column[str]) -> Column[float]:
    return weft.lookup(carrier_delays, "mean_delay", float, carrier=carrier)


def dest_mean_delay(dest_delays: Scalar[Table], dest: Column[str]) -> Column[float]:
    return weft.lookup(dest_delays, "mean_delay", float, dest=dest)


def carrier_against_dest(carrier_mean_delay: float, dest_mean_delay: float) -> float:
    return carrier_mean_delay - dest_mean_delay


def origin_delay_3h(dep_delay: Column[float], scheduled: Column[datetime], origin: Column[str]) -> Column[float]:
    """Mean delay of the flights that should have left the same airport in the three hours before."""
    return weft.mean(dep_delay).over(weft.last(timedelta(hours=3))).on(scheduled).by(origin)


def aircraft_last_delay(dep_delay: Column[float], scheduled: Column[datetime], tailnum: Column[str]) -> Column[float]:
    """How late the aircraft's flight before this one left."""
    return weft.last_value(dep_delay).over(weft.all_before()).on(scheduled).by(tailnum)


def delay_pressure(origin_delay_3h: Optional[float], aircraft_last_delay: Optional[float]) -> float:
    at_origin = 0.0 if origin_delay_3h is None else origin_delay_3h
    of_aircraft = 0.0 if aircraft_last_delay is None else aircraft_last_delay
    return at_origin + of_aircraft


# ---- the label ------------------------------------------------------------------------------------------------------


def is_late(dep_delay: float) -> bool:
    """Left more than fifteen minutes late."""
    return dep_delay > 15


# ---- the store: what was known of an airport, an aircraft and a carrier at any time -----------------------------------
#
# A flight's delay is known when it has left, not when it should have: the event time of these views is when flights really left.


def departed(scheduled: datetime, dep_delay: float) -> datetime:
    """When the flight left; of a cancelled one null."""
    return scheduled + timedelta(minutes=int(dep_delay))


def airport_delay_3h(dep_delay: Column[float], departed: Column[datetime], origin: Column[str]) -> Column[float]:
    """Mean delay of the airport's departures of the last three hours, this one included, in minutes."""
    return weft.mean(dep_delay).over(weft.last(timedelta(hours=3)).closed("right")).on(departed).by(origin)


def airport_departures_1h(dep_delay: Column[float], departed: Column[datetime], origin: Column[str]) -> Column[int]:
    return weft.count(dep_delay).over(weft.last(timedelta(hours=1)).closed("right")).on(departed).by(origin)


def last_delay(dep_delay: float) -> float:
    """How late this aircraft left the last time."""
    return dep_delay


def carrier_delay_7d(dep_delay: Column[float], departed: Column[datetime], carrier: Column[str]) -> Column[float]:
    return weft.mean(dep_delay).over(weft.last(timedelta(days=7)).closed("right")).on(departed).by(carrier)


def airport() -> Entity:
    return Entity(keys={"origin": "string"})


def aircraft() -> Entity:
    return Entity(keys={"tailnum": "string"})


def airline() -> Entity:
    return Entity(keys={"carrier": "string"})


def departures() -> Source:
    return Source(kind="table", path="flights", time="departed", owner="ops")


def observations() -> Source:
    measured = ["temperature", "dew_point", "wind_speed", "precipitation", "visibility"]
    return Source(
        kind="table",
        path="weather",
        time="time_hour",
        columns=dict.fromkeys(measured, "double"),
        renamed={"temp": "temperature", "dewp": "dew_point", "precip": "precipitation", "visib": "visibility"},
        owner="weather",
    )


def airport_delays(airport: Entity, departures: Source) -> FeatureView:
    features = ["airport_delay_3h", "airport_departures_1h"]
    return FeatureView(entities=[airport], source=departures, features=features, ttl=timedelta(hours=6))


def aircraft_delays(aircraft: Entity, departures: Source) -> FeatureView:
    return FeatureView(entities=[aircraft], source=departures, features=["last_delay"], ttl=timedelta(hours=48))


def airline_delays(airline: Entity, departures: Source) -> FeatureView:
    return FeatureView(entities=[airline], source=departures, features=["carrier_delay_7d"])


def airport_weather(airport: Entity, observations: Source) -> FeatureView:
    features = ["temperature", "dew_point", "wind_speed", "precipitation", "visibility"]
    return FeatureView(entities=[airport], source=observations, features=features, ttl=timedelta(hours=2))


def delay_v1(
    airport_delays: FeatureView, aircraft_delays: FeatureView, airline_delays: FeatureView, airport_weather: FeatureView
) -> FeatureService:
    on_demand = """
        hour_of_day weekday is_weekend hour_angle_sin hour_angle_cos is_holiday_season route log_distance is_long_haul dew_spread
        is_freezing is_bad_weather aircraft_age
    """
    return FeatureService(
        views=[airport_delays, aircraft_delays, airline_delays, airport_weather],
        on_demand=on_demand.split(),
        description="Will the flight leave more than a quarter of an hour late?",
        owner="ops",
    )
