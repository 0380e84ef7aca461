"""What a transformation takes and gives."""

import enum


class TransformationMode(enum.Enum):
    """Modes of transformations. Weft runs `PANDAS` and `PYTHON`."""

    PYTHON = "python"
    PANDAS = "pandas"
    SPARK_SQL = "spark_sql"
    SPARK = "spark"
    FLINK = "flink"
    RAY = "ray"
    SQL = "sql"
    TRINO_SQL = "trino_sql"
    SUBSTRAIT = "substrait"
