// A module with a feature for every modifier; resolve_test.cc says what graph it makes. `index` is
// also a C function, and features may be named like one.
#include "weft/feature.h"

namespace every_modifier {
struct Trip {
  double distance;
  int64_t seconds;
  std::optional<double> tip;
};
}  // namespace every_modifier
template <>
inline constexpr bool weft::is_record<every_modifier::Trip> = true;

namespace every_modifier {
using namespace weft;

struct Model {
  double weight;
};

double clean(double x) { return x; }
double scale(double x, double by) { return x * by; }
double sum_of(const std::vector<double>& values) {
  return values.empty() ? 0 : values.front() + values.back();
}

/// The survey as it came.
FEATURE(Table, survey, (std::string_view survey_path),
        extract_columns(column<double>("budget", "In euros."), column<int64_t>("age"), "gender"),
        tag("owner", "growth")) {
  return survey_path.empty() ? Table() : Table({{"budget", ColumnData()}});
}

// Two lines
// of comment.
FEATURE(double, age_normalized, (double age, double age_mean, double offset = 0.5),
        tag("owner.team", "growth"),
        check(CheckSpec{.name = "range"}, CheckSpec{.name = "range"})) {
  return age - age_mean + offset;
}

FEATURE(Scalar<double>, age_mean, (Column<double> age)) { return {age.expr}; }

FEATURE(double, fare__flat, (double distance), when("mode", "flat")) { return distance; }
FEATURE(double, fare__surge, (double distance, double surge), when("mode", "surge")) {
  return distance * surge;
}
FEATURE(double, not_a_variant__v1, (double fare)) { return fare; }

/// {x} times {factor}: {output_name}, and {other}.
FEATURE(double, times, (double x, double factor),
        parameterize(variant("a_twice", {{"x", source("a")}, {"factor", value(2)}}),
                     variant("b_thrice", {{"x", source("b")}, {"factor", value(3.0)}}, "Thrice.")),
        tag("kind", "multiple")) {
  return x * factor;
}

FEATURE(double, total, (const std::vector<double>& parts),
        inject({{"parts", group(source("a"), source("b"), value(1.5))}})) {
  return parts.empty() ? 0 : parts.front();
}

FEATURE(Model, best_model, (const std::map<std::string, Model>& candidates),
        inject({{"candidates",
                 group_by_name({{"x", source("model_x")}, {"y", source("model_y")}})}})) {
  return candidates.begin()->second;
}

FEATURE(Trip, trip, (double km, int64_t ticks), extract_fields("distance", "tip")) {
  return {km, ticks, {}};
}
FEATURE((std::map<std::string, Model>), models, (), extract_fields("model_x", "model_y")) {
  return {};
}
FEATURE((std::pair<double, Table>), two_things, (int seed), unpack("first_thing", "second_thing")) {
  return {seed, Table()};
}
FEATURE(std::vector<double>, embedding, (double a), unpack("e0", "e1")) { return {a, a}; }

FEATURE(double, never, (double a), exclude()) { return a; }
FEATURE(double, chosen, (double x),
        resolve_from_config({"target"}, [](const Values& config) -> std::vector<Modifier> {
          return {inject({{"x", source(config.at("target").get<std::string>())}})};
        })) {
  return x;
}

FEATURE(double, piped, (double a, double b),
        pipe_input(step<&clean>("clean"), step<&scale>("_scale", value(2.0)),
                   only_when(step<&clean>("clean"), "deep", true),
                   named(step<&scale>("scale", source("b")), "last", "steps"))) {
  return a + b;
}
FEATURE(double, polished, (double a), pipe_output(step<&clean>("clean"), step<&clean>("clean")),
        tag("shine", "yes")) {
  return a;
}
FEATURE(double, rough, (double a)) { return a; }
FEATURE(double, _smooth, (double value, double b), mutate("rough", "polished")) {
  return value + b;
}

FEATURE(double, all_of_them, (double a, double b), does(function<&sum_of>("sum_of", {"values"}))) {
  return a + b;
}

FEATURE(double, region, (double area, double c = 1.5),
        subdag("inner_module", {{"width", source("a")}}, {{"unit", value("m")}})) {
  return area + c;
}
FEATURE(double, regions, (double area, double b),
        parameterized_subdag(
            "inner_module",
            {{.name = "north", .inputs = {{"width", value(1.0)}}, .external_inputs = {"b"}},
             {.name = "south", .inputs = {{"width", source("a")}}, .external_inputs = {"b"}}})) {
  return area + b;
}

FEATURE(Table, extended, (const Table& survey),
        with_columns("inner_module", {"width", "height"}, {"area"})) {
  return survey;
}
FEATURE(Table, loaded, (const Table& raw), load_from("csv", {{"path", source("survey_path")}}),
        save_to("parquet", {{"path", value("out.parquet")}}), cache(CacheBehavior::kRecompute),
        schema({column<double>("x"), column<std::string>("y")}), tag("stage", "raw")) {
  return raw;
}
FEATURE(int, strict, (double a), on_error(null)) { return static_cast<int>(a); }
FEATURE(double, index, (double a), tag("tier", std::vector<std::string>{"x", "y"})) { return a; }
}  // namespace every_modifier
