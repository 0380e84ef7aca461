// Reports of checks as a table, and as a history that grows by a few lines with each run.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/text_form.h"
#include "exec/value_json.h"
#include "weft/check.h"

namespace weft {
namespace {

using nlohmann::json;

json values_json(const Values& values) {
  json out = json::object();
  for (const auto& [name, value] : values) {
    out[name] = !value.type() || has_json_form(value.type()) ? value_to_json(value)
                                                             : json(value.to_string());
  }
  return out;
}

// Closes, and with it unlocks.
class LockedFile {
 public:
  explicit LockedFile(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (fd_ < 0) throw file_error("open", path_, errno);
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      const int reason = errno;
      ::close(fd_);
      throw file_error("lock", path_, reason);
    }
  }
  ~LockedFile() { ::close(fd_); }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  // A line without an end was cut off by a crash while it was written.
  void cut_half_line() const {
    const off_t size = ::lseek(fd_, 0, SEEK_END);
    off_t end = size;
    char c = '\n';
    while (end > 0 && ::pread(fd_, &c, 1, end - 1) == 1 && c != '\n') --end;
    if (end < size && ::ftruncate(fd_, end) != 0) throw file_error("mend", path_, errno);
  }

  void append(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw file_error("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    if (::fsync(fd_) != 0) throw file_error("sync", path_, errno);
  }

 private:
  std::string path_;
  int fd_;
};

}  // namespace

Table check_table(std::span<const CheckReport> reports) {
  std::vector<std::string> node;
  std::vector<std::string> check;
  std::vector<std::string> importance;
  std::vector<bool> passed;
  std::vector<bool> skipped;
  std::vector<int64_t> rows;
  std::vector<int64_t> failed_rows;
  std::vector<std::string> message;
  std::vector<std::string> values;
  for (const CheckReport& report : reports) {
    node.push_back(report.node);
    check.push_back(report.check);
    importance.emplace_back(importance_name(report.importance));
    passed.push_back(report.passed);
    skipped.push_back(report.skipped);
    rows.push_back(report.rows);
    failed_rows.push_back(report.failed_rows);
    message.push_back(report.message);
    values.push_back(values_json(report.values).dump());
  }
  return Table({{"node", ColumnData::of(node)},
                {"check", ColumnData::of(check)},
                {"importance", ColumnData::of(importance)},
                {"passed", ColumnData::of(passed)},
                {"skipped", ColumnData::of(skipped)},
                {"rows", ColumnData::of(rows)},
                {"failed_rows", ColumnData::of(failed_rows)},
                {"message", ColumnData::of(message)},
                {"values", ColumnData::of(values)}});
}

void append_check_history(const std::string& path, std::span<const CheckReport> reports,
                          std::string_view run_id, const Clock& clock) {
  const std::string time = format_time(clock.now());
  std::string lines;
  for (const CheckReport& report : reports) {
    const json line = {{"run_id", run_id},
                       {"time", time},
                       {"node", report.node},
                       {"check", report.check},
                       {"importance", importance_name(report.importance)},
                       {"passed", report.passed},
                       {"skipped", report.skipped},
                       {"rows", report.rows},
                       {"failed_rows", report.failed_rows},
                       {"message", report.message},
                       {"values", values_json(report.values)}};
    lines += line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  }
  const LockedFile file(path);
  file.cut_half_line();
  file.append(lines);
}

}  // namespace weft
