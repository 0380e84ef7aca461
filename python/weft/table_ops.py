"""Verbs on whole tables, for functions that take and give tables: join, group, sort, reshape, describe.

    def totals(trips: weft.Table, zones: weft.Table) -> weft.Table:
        return weft.group_by(weft.left_join(trips, zones, "zone_id"), "city").aggregate([("fare", "sum", "fare"), ("trips", "count_all")])

They take whatever has Arrow's interface, and give the same rows in the same order every time. Null equals null and NaN equals NaN among
keys, but in joins a null matches nothing.
"""

from weft._weft import GroupBy as GroupBy
from weft._weft import anti_join as anti_join
from weft._weft import asof_join as asof_join
from weft._weft import describe as describe
from weft._weft import distinct_rows as distinct
from weft._weft import explode as explode
from weft._weft import filter_rows as filter
from weft._weft import full_join as full_join
from weft._weft import group_by as group_by
from weft._weft import inner_join as inner_join
from weft._weft import left_join as left_join
from weft._weft import pivot as pivot
from weft._weft import right_join as right_join
from weft._weft import semi_join as semi_join
from weft._weft import sort_by as sort_by
from weft._weft import union_by_name as union_by_name
from weft._weft import unpivot as unpivot
