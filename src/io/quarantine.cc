#include "io/quarantine.h"

#include <map>
#include <mutex>

#include "weft/write.h"

namespace weft {

struct Quarantine::State {
  mutable std::mutex mutex;
  std::map<std::pair<std::string, int64_t>, BadRow> rows;  // by file and line
};

Quarantine::Quarantine() : state_(std::make_unique<State>()) {}
Quarantine::~Quarantine() = default;

int64_t Quarantine::size() const {
  const std::scoped_lock lock(state_->mutex);
  return static_cast<int64_t>(state_->rows.size());
}

Table Quarantine::table() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> files;
  std::vector<int64_t> lines;
  std::vector<std::optional<std::string>> columns;
  std::vector<std::string> expected;
  std::vector<std::string> found;
  std::vector<std::string> texts;
  for (const auto& [place, row] : state_->rows) {
    files.push_back(place.first);
    lines.push_back(place.second);
    columns.push_back(row.column);
    expected.push_back(row.expected);
    found.push_back(row.found);
    texts.push_back(row.row);
  }
  return Table({{"file", ColumnData::of(files)},
                {"line", ColumnData::of(lines)},
                {"column", ColumnData::of(columns)},
                {"expected", ColumnData::of(expected)},
                {"found", ColumnData::of(found)},
                {"row", ColumnData::of(texts)}});
}

void Quarantine::write(const std::string& path) const { write_csv(table(), path); }

void note_bad_rows(Quarantine& quarantine, const std::string& path,
                   const std::vector<BadRow>& rows) {
  if (rows.empty()) return;
  auto& state = quarantine.state();
  const std::scoped_lock lock(state.mutex);
  for (const BadRow& row : rows) state.rows.try_emplace({path, row.line}, row);
}

}  // namespace weft
