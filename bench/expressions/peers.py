"""The thirty features of expressions/features.cc in Polars, DuckDB, pandas and pyarrow.compute.

Each function takes what load() gave it and returns the seven outputs as {name: (sum, nulls)}."""
import math

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

OUTPUTS = ["f08", "f13", "f17", "f19", "f22", "f28", "f30"]
ANGLE = 2 * math.pi / 24


class Polars:
    name = "polars"

    def load(self, path):
        return pl.read_parquet(path)

    def run(self, table):
        return self.features(table.lazy()).collect()

    @staticmethod
    def features(lazy):
        """The outputs of a lazy frame, lazily."""
        c = pl.col
        lazy = lazy.with_columns(f01=c("a") - c("b"), f03=c("a") > c("b"),
                                 f09=c("ts").dt.weekday() - 1, f10=c("ts").dt.hour(),
                                 f12=c("s") == "US", f23=c("d").is_null(),
                                 f16=c("a") - c("a").mean(), sd=c("a").std())
        lazy = lazy.with_columns(
            f02=c("f01") / c("c"), f04=pl.when(c("f03")).then(c("f01")).otherwise(c("d")),
            f11=c("f09") >= 5, f13=c("f12") & c("f03"), f17=c("f16") / c("sd"),
            f29=(c("f10").cast(pl.Float64) * ANGLE).sin())
        lazy = lazy.with_columns(
            f05=c("f04").abs(), f07=c("f02").clip(-10, 10), f18=c("f17") * c("f17"),
            f24=pl.when(c("f23")).then(0.0).otherwise(c("f02")))
        lazy = lazy.with_columns(f06=c("f05").log1p(), f08=pl.coalesce(c("d"), c("f07")),
                                 f20=c("f05").sqrt(), f25=c("f24") * 0.1)
        lazy = lazy.with_columns(
            f14=pl.when(c("f11")).then(c("f06")).otherwise(c("f07")),
            f21=pl.when(c("f20") < c("f06")).then(c("f20")).otherwise(c("f06")),
            f27=c("f25") < c("f08"))
        lazy = lazy.with_columns(f15=c("f14") * c("f06"), f22=c("f21") + 0.5)
        lazy = lazy.with_columns(f19=c("f18") + c("f15"), f26=c("f25") + c("f22"))
        lazy = lazy.with_columns(f28=pl.when(c("f27")).then(c("f26")).otherwise(c("f08")))
        return lazy.with_columns(f30=c("f28") + c("f29")).select(OUTPUTS)

    def summary(self, result):
        return {n: (float(result[n].sum() or 0), int(result[n].null_count())) for n in OUTPUTS}


class DuckDB:
    name = "duckdb"
    levels = [
        """a - b f01, a > b f03, isodow(ts) - 1 f09, hour(ts) f10, s = 'US' f12, d is null f23,
           a - a_mean f16""",
        """f01 / c f02, case when f03 then f01 else d end f04, f09 >= 5 f11, f12 and f03 f13,
           f16 / a_stddev f17, sin(f10 * 0.2617993877991494) f29""",
        """abs(f04) f05, greatest(-10::double, least(10::double, f02)) f07, f17 * f17 f18,
           case when f23 then 0::double else f02 end f24""",
        "ln(1 + f05) f06, coalesce(d, f07) f08, sqrt(f05) f20, f24 * 0.1::double f25",
        """case when f11 then f06 else f07 end f14, case when f20 < f06 then f20 else f06 end f21,
           f25 < f08 f27""",
        "f14 * f06 f15, f21 + 0.5::double f22",
        "f18 + f15 f19, f25 + f22 f26",
        "case when f27 then f26 else f08 end f28",
        "f28 + f29 f30",
    ]

    def load(self, path):
        self.connection = duckdb.connect(config={"threads": 2})
        self.connection.execute("set timezone='UTC'")
        self.connection.execute(f"create table t as select * from read_parquet('{path}')")

    def run(self, _):
        query = "select t.*, m.* from t, (select avg(a) a_mean, stddev(a) a_stddev from t) m"
        for level in self.levels:
            query = f"select *, {level} from ({query})"
        return self.connection.execute(f"select {', '.join(OUTPUTS)} from ({query})").to_arrow_table()

    def summary(self, result):
        return arrow_summary(result)


def arrow_summary(result):
    return {n: (float(pc.sum(pc.cast(result[n], pa.float64())).as_py() or 0), result[n].null_count)
            for n in OUTPUTS}


class Pandas:
    name = "pandas"

    def load(self, path):
        return pd.read_parquet(path)

    def run(self, t):
        f01 = t.a - t.b
        f02 = f01 / t.c
        f03 = t.a > t.b
        f05 = f01.where(f03, t.d).abs()
        f06 = np.log1p(f05)
        f07 = f02.clip(-10, 10)
        f08 = t.d.fillna(f07)
        f11 = t.ts.dt.dayofweek >= 5
        f13 = (t.s == "US") & f03
        f15 = f06.where(f11, f07) * f06
        f17 = (t.a - t.a.mean()) / t.a.std()
        f19 = f17 * f17 + f15
        f20 = np.sqrt(f05)
        f22 = f20.where(f20 < f06, f06) + 0.5
        f25 = f02.mask(t.d.isna(), 0.0) * 0.1
        f28 = (f25 + f22).where(f25 < f08, f08)
        f30 = f28 + np.sin(t.ts.dt.hour * ANGLE)
        return {"f08": f08, "f13": f13, "f17": f17, "f19": f19, "f22": f22, "f28": f28, "f30": f30}

    def summary(self, result):
        return {n: (float(result[n].sum()), int(result[n].isna().sum())) for n in OUTPUTS}


class PyArrow:
    name = "pyarrow"

    def load(self, path):
        return pq.read_table(path)

    def run(self, t):
        a, b, d = t["a"], t["b"], t["d"]
        f01 = pc.subtract(a, b)
        f02 = pc.divide(f01, t["c"])
        f03 = pc.greater(a, b)
        f05 = pc.abs(pc.if_else(f03, f01, d))
        f06 = pc.log1p(f05)
        f07 = pc.max_element_wise(pc.min_element_wise(f02, 10.0, skip_nulls=False), -10.0,
                                  skip_nulls=False)
        f08 = pc.coalesce(d, f07)
        f11 = pc.greater_equal(pc.day_of_week(t["ts"]), 5)
        f13 = pc.and_kleene(pc.equal(t["s"], "US"), f03)
        f15 = pc.multiply(pc.if_else(f11, f06, f07), f06)
        f17 = pc.divide(pc.subtract(a, pc.mean(a)), pc.stddev(a, ddof=1))
        f19 = pc.add(pc.multiply(f17, f17), f15)
        f20 = pc.sqrt(f05)
        f22 = pc.add(pc.if_else(pc.less(f20, f06), f20, f06), 0.5)
        f25 = pc.multiply(pc.if_else(pc.is_null(d), 0.0, f02), 0.1)
        f28 = pc.if_else(pc.less(f25, f08), pc.add(f25, f22), f08)
        f29 = pc.sin(pc.multiply(pc.cast(pc.hour(t["ts"]), pa.float64()), ANGLE))
        return {"f08": f08, "f13": f13, "f17": f17, "f19": f19, "f22": f22, "f28": f28,
                "f30": pc.add(f28, f29)}

    def summary(self, result):
        return arrow_summary(result)


PEERS = [Polars(), DuckDB(), Pandas(), PyArrow()]
