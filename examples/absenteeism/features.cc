// Absenteeism at work (UCI): why people were absent, and for how long. Eight checks watch the data;
// two of them warn on it.
#include <weft/io.h>
#include <weft/weft.h>

namespace absenteeism {
using namespace weft;

/// "Work load Average/day " -> "work_load_average_day".
std::string snake_case(std::string_view title) {
  std::string name;
  for (const char c : title) {
    if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (name.ends_with('_')) name.pop_back();
  return name;
}

/// One row an absence; columns are the file's titles in snake case.
FEATURE(Table, absences, (std::string absences_path),
        extract_columns(column<int64_t>("id"), column<int64_t>("reason_for_absence"),
                        column<int64_t>("month_of_absence"), column<int64_t>("day_of_the_week"),
                        column<int64_t>("seasons"), column<int64_t>("service_time"),
                        column<int64_t>("age"), column<int64_t>("son"), column<int64_t>("pet"),
                        column<int64_t>("weight"), column<int64_t>("height"),
                        column<int64_t>("body_mass_index"), column<int64_t>("education"),
                        column<int64_t>("absenteeism_time_in_hours"))) {
  Table table = read_csv(absences_path, {.delimiter = ';'});
  for (const auto& name : table.names()) table = table.rename(name, snake_case(name));
  return table;
}

// ---- z-scores
// -------------------------------------------------------------------------------------

FEATURE(Scalar<double>, age_mean, (Column<int64_t> age)) { return mean(age); }
FEATURE(Scalar<double>, age_stddev, (Column<int64_t> age)) { return stddev(age); }
FEATURE(Scalar<double>, height_mean, (Column<int64_t> height)) { return mean(height); }
FEATURE(Scalar<double>, height_stddev, (Column<int64_t> height)) { return stddev(height); }
FEATURE(Scalar<double>, weight_mean, (Column<int64_t> weight)) { return mean(weight); }
FEATURE(Scalar<double>, weight_stddev, (Column<int64_t> weight)) { return stddev(weight); }

/// Standard deviations from the mean.
FEATURE(double, z_score, (int64_t value, double mean, double stddev),
        parameterize(variant("age_zscore", {{"value", source("age")},
                                            {"mean", source("age_mean")},
                                            {"stddev", source("age_stddev")}}),
                     variant("height_zscore", {{"value", source("height")},
                                               {"mean", source("height_mean")},
                                               {"stddev", source("height_stddev")}}),
                     variant("weight_zscore", {{"value", source("weight")},
                                               {"mean", source("weight_mean")},
                                               {"stddev", source("weight_stddev")}})),
        check(in_range(-4, 4))) {
  return (static_cast<double>(value) - mean) / stddev;
}

// ---- the body
// -------------------------------------------------------------------------------------

/// From weight in kg and height in cm.
FEATURE(double, computed_body_mass_index, (int64_t weight, int64_t height),
        check(in_range(15, 40), not_null())) {
  const double meters = static_cast<double>(height) / 100;
  return static_cast<double>(weight) / (meters * meters);
}

/// How far the index that was given is from the one computed.
FEATURE(double, body_mass_index_error, (int64_t body_mass_index, double computed_body_mass_index),
        check(in_range(-1, 1))) {
  return static_cast<double>(body_mass_index) - computed_body_mass_index;
}

// ---- calendar, one-hot
// ------------------------------------------------------------------------------

FEATURE(
    bool, is_code, (int64_t code, int64_t wanted),
    parameterize(
        variant("seasons_1", {{"code", source("seasons")}, {"wanted", value(int64_t{1})}}),
        variant("seasons_2", {{"code", source("seasons")}, {"wanted", value(int64_t{2})}}),
        variant("seasons_3", {{"code", source("seasons")}, {"wanted", value(int64_t{3})}}),
        variant("seasons_4", {{"code", source("seasons")}, {"wanted", value(int64_t{4})}}),
        variant("is_monday", {{"code", source("day_of_the_week")}, {"wanted", value(int64_t{2})}}),
        variant("is_tuesday", {{"code", source("day_of_the_week")}, {"wanted", value(int64_t{3})}}),
        variant("is_wednesday",
                {{"code", source("day_of_the_week")}, {"wanted", value(int64_t{4})}}),
        variant("is_thursday",
                {{"code", source("day_of_the_week")}, {"wanted", value(int64_t{5})}}),
        variant("is_friday",
                {{"code", source("day_of_the_week")}, {"wanted", value(int64_t{6})}}))) {
  return code == wanted;
}

/// In Brazil summer is the first season of the file.
FEATURE(bool, is_summer, (int64_t seasons), check(data_type<bool>())) { return seasons == 1; }
FEATURE(bool, has_children, (int64_t son)) { return son > 0; }
FEATURE(bool, has_pet, (int64_t pet)) { return pet > 0; }

/// Hours absent for each year of service.
FEATURE(double, absence_per_service_year, (int64_t absenteeism_time_in_hours, int64_t service_time),
        check(in_range(0, 25), max_fraction_nulls(0.01))) {
  return static_cast<double>(absenteeism_time_in_hours) / static_cast<double>(service_time);
}

}  // namespace absenteeism
