#include "weft/rows.h"

#include "weft/lookup.h"

namespace weft::detail {

Values rank_options(const RankOptions& options) {
  static constexpr std::string_view kTies[] = {"average", "min", "max", "dense", "ordinal"};
  Values values;
  if (options.ties != Ties::kAverage) {
    values.emplace("method", Value::of(std::string(kTies[static_cast<size_t>(options.ties)])));
  }
  if (options.descending) values.emplace("descending", Value::of(true));
  if (options.fraction) values.emplace("fraction", Value::of(true));
  return values;
}

Values rows_option(int64_t n) { return {{"n", Value::of(n)}}; }

Values limit_option(std::optional<int64_t> limit) {
  return limit ? Values{{"limit", Value::of(*limit)}} : Values{};
}

ExprPtr lookup_expr(const LookupCall& call) {
  Values options = {{"field", Value::of(call.field)}, {"type", Value::of(call.type->name)}};
  std::vector<std::string> names;
  std::vector<ExprPtr> keys;
  for (const LookupKey& key : call.keys) {
    names.push_back(key.name);
    keys.push_back(key.expr);
  }
  options.emplace("key_names", Value::of(std::move(names)));
  if (call.time) options.emplace("event_time", Value::of(call.event_time));
  if (call.ttl) options.emplace("ttl", Value::of(*call.ttl));
  if (call.duplicates != Duplicates::kError) {
    const bool first = call.duplicates == Duplicates::kFirst;
    options.emplace("duplicates", Value::of(std::string(first ? "first" : "last")));
  }
  return ordered_expr("lookup", {call.table}, std::move(options), keys, call.time);
}

}  // namespace weft::detail
