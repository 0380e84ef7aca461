#include "ops/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>

#include "weft/error.h"

namespace weft {
namespace {

constexpr int64_t kDay = 86400;
constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

// Big-endian numbers off the front of some bytes; after a short read all that follows is 0.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}

  std::string_view take(size_t n) {
    if (n > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }
  int64_t number(size_t n) {
    const std::string_view bytes = take(n);
    if (bytes.empty()) return 0;
    uint64_t value = static_cast<unsigned char>(bytes[0]) & 0x80 ? ~uint64_t{0} : 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<int64_t>(value);
  }
  bool ok() const { return ok_; }
  std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
  bool ok_ = true;
};

struct Header {
  bool valid;
  char version;
  size_t utc_count, standard_count, leap_count, time_count, type_count, char_count;

  size_t block_size(size_t time_size) const {
    return time_count * (time_size + 1) + type_count * 6 + char_count +
           leap_count * (time_size + 4) + standard_count + utc_count;
  }
};

Header read_header(Bytes& bytes) {
  Header h{};
  h.valid = bytes.take(4) == "TZif";
  const std::string_view version = bytes.take(16);
  h.version = version.empty() ? '\0' : version[0];
  for (size_t* count : {&h.utc_count, &h.standard_count, &h.leap_count, &h.time_count,
                        &h.type_count, &h.char_count}) {
    *count = static_cast<size_t>(bytes.number(4)) & 0xffffffff;
  }
  h.valid = h.valid && bytes.ok() && h.type_count > 0;
  return h;
}

}  // namespace

// ---- the rule for times to come: "EST5EDT,M3.2.0,M11.1.0" ------------------------------------

class TimeZone::RuleReader {
 public:
  explicit RuleReader(std::string_view text) : left_(text) {}

  std::optional<Rule> read() {
    Rule rule{};
    int64_t west = 0;  // POSIX counts west of Greenwich as positive
    if (!skip_name() || !clock(west)) return std::nullopt;
    rule.standard = -west;
    if (left_.empty()) return rule;
    if (!skip_name()) return std::nullopt;
    rule.summer = rule.standard + 3600;
    if (!left_.empty() && left_[0] != ',') {
      if (!clock(west)) return std::nullopt;
      rule.summer = -west;
    }
    auto& changes = rule.changes.emplace();
    if (!change(changes[0]) || !change(changes[1]) || !left_.empty()) return std::nullopt;
    return rule;
  }

 private:
  bool skip(char c) {
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool skip_name() {
    const bool quoted = skip('<');
    const size_t end = quoted ? left_.find('>') : left_.find_first_of("+-0123456789,");
    const size_t size = std::min(end, left_.size());
    if (size == 0 || (quoted && end == left_.npos)) return false;
    left_.remove_prefix(size + quoted);
    return true;
  }
  bool number(int64_t& to, int64_t min, int64_t max) {
    to = 0;
    size_t digits = 0;
    for (; digits < left_.size() && left_[digits] >= '0' && left_[digits] <= '9'; ++digits) {
      to = to * 10 + (left_[digits] - '0');
      if (to > max) return false;
    }
    left_.remove_prefix(digits);
    return digits > 0 && to >= min;
  }
  // [+-]hh[:mm[:ss]] as seconds.
  bool clock(int64_t& seconds) {
    const int64_t sign = skip('-') ? -1 : (skip('+'), 1);
    int64_t hours = 0, minutes = 0, rest = 0;
    if (!number(hours, 0, 167)) return false;
    if (skip(':') && !number(minutes, 0, 59)) return false;
    if (skip(':') && !number(rest, 0, 59)) return false;
    seconds = sign * ((hours * 60 + minutes) * 60 + rest);
    return true;
  }
  bool change(Change& c) {
    if (!skip(',')) return false;
    if (skip('M')) {
      c.kind = Change::kWeekday;
      if (!(number(c.month, 1, 12) && skip('.') && number(c.week, 1, 5) && skip('.') &&
            number(c.day, 0, 6))) {
        return false;
      }
    } else {
      c.kind = skip('J') ? Change::kNthWithoutLeap : Change::kNth;
      if (!number(c.day, c.kind == Change::kNth ? 0 : 1, 365)) return false;
    }
    c.second = 2 * 3600;
    return !skip('/') || clock(c.second);
  }

  std::string_view left_;
};

int64_t TimeZone::Change::local_second(int64_t year) const {
  int64_t days = days_from_date({year, 1, 1});
  switch (kind) {
    case kWeekday: {  // the week-th `day` (Sunday 0) of the month, 5 being the last
      const int64_t first = days_from_date({year, month, 1});
      const int64_t weekday = ((first + 4) % 7 + 7) % 7;
      int64_t of_month = (day - weekday + 7) % 7 + (week - 1) * 7;
      if (of_month >= month_days(year, month)) of_month -= 7;
      days = first + of_month;
      break;
    }
    case kNthWithoutLeap:  // from 1, February 29 never counted
      days += day - 1 + (leap_year(year) && day >= 60);
      break;
    case kNth:
      days += day;
      break;
  }
  return days * kDay + second;
}

TimeZone::Period TimeZone::Rule::period_at(int64_t instant) const {
  if (!changes) return {kFirst, kLast, standard};
  const int64_t year =
      date_from_days((instant + standard) / kDay - ((instant + standard) % kDay < 0)).year;
  // The changes of the year before, this one and the next, in order, around the instant.
  Period period{kFirst, kLast, standard};
  for (int64_t y = year - 1; y <= year + 1; ++y) {
    const int64_t to_summer = (*changes)[0].local_second(y) - standard;
    const int64_t to_standard = (*changes)[1].local_second(y) - summer;
    const bool northern = to_summer < to_standard;
    for (const bool first : {true, false}) {
      const bool is_summer = first == northern;
      const int64_t at = is_summer ? to_summer : to_standard;
      if (at > instant) {
        period.until = at;
        return period;
      }
      period = {at, kLast, is_summer ? summer : standard};
    }
  }
  return period;
}

// ---- the file --------------------------------------------------------------------------------

std::optional<TimeZone> TimeZone::parse(std::string_view file) {
  Bytes bytes(file);
  Header header = read_header(bytes);
  if (!header.valid) return std::nullopt;
  size_t time_size = 4;
  if (header.version >= '2') {
    bytes.take(header.block_size(4));
    header = read_header(bytes);
    time_size = 8;
  }
  if (!header.valid || header.block_size(time_size) > bytes.rest().size()) return std::nullopt;

  TimeZone zone;
  for (size_t i = 0; i < header.time_count; ++i) zone.instants_.push_back(bytes.number(time_size));
  const std::string_view types = bytes.take(header.time_count);
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < header.type_count; ++i) {
    offsets.push_back(bytes.number(4));
    bytes.take(2);  // is it summer time; the name
  }
  zone.offsets_.push_back(offsets[0]);
  for (const char type : types) {
    const auto index = static_cast<unsigned char>(type);
    if (index >= offsets.size()) return std::nullopt;
    zone.offsets_.push_back(offsets[index]);
  }
  if (!std::ranges::is_sorted(zone.instants_)) return std::nullopt;
  bytes.take(header.char_count + header.leap_count * (time_size + 4) + header.standard_count +
             header.utc_count);
  std::string_view footer = bytes.rest();
  if (header.version >= '2' && footer.size() > 2) {
    footer = footer.substr(1, footer.find('\n', 1) - 1);
    if (!footer.empty()) zone.rule_ = RuleReader(footer).read();
  }
  return zone;
}

TimeZone::Period TimeZone::period_at(int64_t instant) const {
  const auto next = std::ranges::upper_bound(instants_, instant);
  const auto index = static_cast<size_t>(next - instants_.begin());
  const int64_t from = index == 0 ? kFirst : instants_[index - 1];
  if (next == instants_.end() && rule_) {
    Period period = rule_->period_at(instant);
    period.from = std::max(period.from, from);
    return period;
  }
  return {from, next == instants_.end() ? kLast : *next, offsets_[index]};
}

int64_t TimeZone::instant_of(int64_t local) const {
  // No zone changes its clock twice within two days; so one of these two is in force at `local`.
  const int64_t before = offset_at(local - kDay), after = offset_at(local + kDay);
  if (before == after) return local - before;
  const bool before_holds = offset_at(local - before) == before;
  const bool after_holds = offset_at(local - after) == after;
  return after_holds && !before_holds ? local - after : local - before;
}

// ---- the database ----------------------------------------------------------------------------

namespace {

// No way out of the directory, and nothing but what zone names are made of.
bool is_zone_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+-/").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() < 100 && name[0] != '/' && std::ranges::all_of(name, allowed);
}

std::shared_ptr<const TimeZone> read_zone(const std::string& name) {
  const char* set = std::getenv("TZDIR");
  const std::string directory = set && *set ? set : "/usr/share/zoneinfo";
  std::string bytes;
  // A folder of zones ("Europe") opens like a file.
  std::error_code ignored;
  if (is_zone_name(name) && std::filesystem::is_regular_file(directory + "/" + name, ignored)) {
    std::ifstream file(directory + "/" + name, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (bytes.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "no time zone \"" + name.substr(0, 100) + "\" in " + directory +
                    " (names are like America/New_York or UTC; the package is tzdata)");
  }
  auto zone = TimeZone::parse(bytes);
  if (!zone) throw Error(ErrorCode::kBadData, "damaged time zone file " + directory + "/" + name);
  return std::make_shared<const TimeZone>(*std::move(zone));
}

}  // namespace

std::shared_ptr<const TimeZone> time_zone(std::string_view name) {
  // Only names of the database are kept, so it stays as small as that.
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const TimeZone>, std::less<>> zones;
  const std::lock_guard lock(mutex);
  auto found = zones.find(name);
  if (found == zones.end()) {
    found = zones.emplace(std::string(name), read_zone(std::string(name))).first;
  }
  return found->second;
}

}  // namespace weft
