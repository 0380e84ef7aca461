/// lookup: a field of another table's row of the same key, now or as of a time.
#pragma once

#include "weft/table.h"
#include "weft/windows.h"

namespace weft {

/// Which row of a key counts where a table without a time has several.
enum class Duplicates : uint8_t { kError, kFirst, kLast };

/// A key: the name of the table's column, and the value to be found in it.
struct LookupKey {
  template <Operand K>
  LookupKey(std::string column, const K& value)  // NOLINT: {"driver_id", driver_id} in a list
      : name(std::move(column)), expr(detail::as_expr<operand_t<K>>(value)) {}
  std::string name;
  ExprPtr expr;
};

namespace detail {

struct LookupCall {
  ExprPtr table;
  std::string field;
  Type type = nullptr;
  std::vector<LookupKey> keys;
  ExprPtr time;
  std::string event_time;
  std::optional<Duration> ttl;
  Duplicates duplicates = Duplicates::kError;
};
ExprPtr lookup_expr(const LookupCall& call);

}  // namespace detail

/// A column of what was found; null where the table has no such key. A null key finds nothing.
template <class T>
class Lookup : public Column<T> {
 public:
  explicit Lookup(detail::LookupCall call)
      : Column<T>{{detail::lookup_expr(call)}}, call_(std::move(call)) {}

  /// The newest row of the key with time - ttl <= event time <= time; of equal times the later row.
  /// A null in that row is the answer. No ttl: however old; 0: the same instant only. `event_time`
  /// is the table's column of times.
  Lookup as_of(const Column<Time>& time, std::string event_time,
               std::optional<Duration> ttl = {}) const {
    auto call = call_;
    call.time = time.expr;
    call.event_time = std::move(event_time);
    call.ttl = ttl;
    return Lookup(std::move(call));
  }
  /// Which row counts if a key has several and there is no time.
  Lookup duplicates(Duplicates which) const {
    auto call = call_;
    call.duplicates = which;
    return Lookup(std::move(call));
  }

 private:
  detail::LookupCall call_;
};

/// `lookup<double>(drivers, "rating", {{"driver_id", driver_id}})`: the rating in the drivers' row
/// of this driver. Throws Error(kBadData) when it runs if the table has several rows of a key, but
/// with as_of() or duplicates(). The key has the type it has in the table, or one that it widens
/// to.
template <class T>
Lookup<T> lookup(const Scalar<Table>& table, std::string field, std::vector<LookupKey> keys) {
  return Lookup<T>({table.expr,
                    std::move(field),
                    type_of<T>(),
                    std::move(keys),
                    nullptr,
                    "",
                    {},
                    Duplicates::kError});
}

}  // namespace weft
