// A survey of clients and their logins: written once, run in batch, over a stream and per request.
#include <weft/io.h>
#include <weft/weft.h>

#include <array>
#include <cmath>

namespace survey {
using namespace weft;

// ---- sources ------------------------------------------------------------------------------------

/// What clients said: budget in dollars, age in years.
FEATURE(Table, survey_results, (std::string survey_path),
        extract_columns(column<int64_t>("client_id"), column<double>("budget"),
                        column<int64_t>("age"), column<std::string>("gender")),
        tag("owner", "research")) {
  return read_csv(survey_path, {.types = {{"age", int64_type()}, {"budget", double_type()}}});
}

/// When clients logged in; some never did, some several times.
FEATURE(Table, client_login, (std::string login_path), tag("owner", "platform")) {
  return read_csv(login_path);
}

// ---- features -----------------------------------------------------------------------------------

FEATURE(bool, is_male, (std::string_view gender)) { return gender == "male"; }
FEATURE(bool, is_female, (std::string_view gender)) { return gender == "female"; }

/// Would spend more than a hundred dollars.
FEATURE(bool, is_high_roller, (double budget)) { return budget > 100; }

FEATURE(Scalar<double>, age_mean, (Column<int64_t> age)) { return mean(age); }
FEATURE(Scalar<double>, age_stddev, (Column<int64_t> age)) { return stddev(age); }

/// Age in standard deviations from the mean.
FEATURE(double, age_normalized, (int64_t age, double age_mean, double age_stddev),
        check(in_range(-6, 6)), tag("owner", "growth")) {
  return (static_cast<double>(age) - age_mean) / age_stddev;
}

/// The client's last login that was known at the time of execution. With `logins: request` in the
/// config the caller brings it instead, as last_login_seen.
FEATURE(Column<Time>, last_logged_in__table,
        (Scalar<Table> client_login, Column<int64_t> client_id, Column<Time> execution_time),
        when_not("logins", "request")) {
  return lookup<Time>(client_login, "last_logged_in", {{"client_id", client_id}})
      .as_of(execution_time, "last_logged_in");
}
FEATURE(std::optional<Time>, last_logged_in__request, (std::optional<Time> last_login_seen),
        when("logins", "request")) {
  return last_login_seen;
}

FEATURE(Duration, time_since_last_login, (Time execution_time, Time last_logged_in)) {
  return execution_time - last_logged_in;
}

/// Days since the last login; a client who never logged in counts as away for two years.
FEATURE(double, days_away, (std::optional<Duration> time_since_last_login)) {
  constexpr double kNever = 730;
  if (!time_since_last_login) return kNever;
  return static_cast<double>(time_since_last_login->count()) / 86400e6;
}

/// Everything the model is trained on, one row a client.
FEATURE(Table, feature_set_v1,
        (Series<double> age_normalized, Series<bool> is_male, Series<bool> is_female,
         Series<double> days_away, Series<bool> is_high_roller)) {
  return {{"age_normalized", age_normalized.column()},
          {"is_male", is_male.column()},
          {"is_female", is_female.column()},
          {"days_away", days_away.column()},
          {"is_high_roller", is_high_roller.column()}};
}

// ---- a model
// --------------------------------------------------------------------------------------

/// A logistic regression: weights of age, gender and days away, and a bias.
struct Model {
  std::array<double, 3> weights = {};
  double bias = 0;

  double score(double age, bool male, double away) const {
    return bias + weights[0] * age + weights[1] * (male ? 1 : 0) + weights[2] * away / 100;
  }
};

double sigmoid(double x) { return 1 / (1 + weft::exp(-x)); }

/// Fitted by gradient descent on every client whose answers are complete.
FEATURE(Model, model,
        (Series<double> age_normalized, Series<bool> is_male, Series<double> days_away,
         Series<bool> is_high_roller)) {
  constexpr int kRounds = 500;
  constexpr double kRate = 0.5;
  Model model;
  for (int round = 0; round < kRounds; ++round) {
    std::array<double, 4> gradient = {};
    int64_t rows = 0;
    for (int64_t i = 0; i < age_normalized.size(); ++i) {
      if (age_normalized.is_null(i) || is_male.is_null(i) || is_high_roller.is_null(i)) continue;
      const double age = age_normalized.value(i);
      const bool male = is_male.value(i);
      const double away = days_away.value(i);
      const double error =
          sigmoid(model.score(age, male, away)) - (is_high_roller.value(i) ? 1 : 0);
      gradient[0] += error * age;
      gradient[1] += error * (male ? 1 : 0);
      gradient[2] += error * away / 100;
      gradient[3] += error;
      ++rows;
    }
    const double step = kRate / static_cast<double>(rows);
    for (size_t k = 0; k < 3; ++k) model.weights[k] -= step * gradient[k];
    model.bias -= step * gradient[3];
  }
  return model;
}

/// How likely the client is a high roller.
FEATURE(double, prediction,
        (const Model& model, double age_normalized, bool is_male, double days_away)) {
  return sigmoid(model.score(age_normalized, is_male, days_away));
}

}  // namespace survey
