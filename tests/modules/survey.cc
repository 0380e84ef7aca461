// A small module for the tests of the command: every kind of node, tags, variants, a note.
#include <weft/read.h>
#include <weft/weft.h>

#include <cmath>

namespace survey {
using namespace weft;

/// Answers of a survey.
///
/// One row a client.
FEATURE(Table, survey_results, (std::string survey_path),
        extract_columns(column<double>("budget"), column<double>("age"),
                        column<std::string>("gender"))) {
  return read_csv(survey_path);
}

/// Whether the client said so.
FEATURE(bool, is_male, (std::string_view gender), tag("owner", "growth"), tag("pii", "yes")) {
  return gender == "male";
}

FEATURE(double, age_mean, (const Series<double>& age), tag("owner", "risk")) {
  double sum = 0;
  for (const auto value : age) sum += value.value_or(0);
  return sum / static_cast<double>(age.size());
}

/// Age above the mean.
FEATURE(double, age_centered, (double age, double age_mean), tag("owner", "growth")) {
  return age - age_mean;
}

FEATURE(double, log_budget, (double budget)) { return std::log(budget); }

/// What a visit brings.
FEATURE(double, spend_rate, (double spend, int64_t visits, double scale = 1.0)) {
  return spend / static_cast<double>(visits) * scale;
}
FEATURE(double, tax__eu, (double spend_rate), when("region", "eu")) { return spend_rate * 0.2; }
FEATURE(double, tax__us, (double spend_rate), when("region", "us")) { return spend_rate * 0.1; }

FEATURE(double, weighted, (double spend, const std::vector<double>& weights)) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  return spend * sum;
}
FEATURE(std::string, greeting, (std::string_view name, Time since)) {
  return std::string(name) + " since " + std::to_string(since.time_since_epoch().count());
}

}  // namespace survey
