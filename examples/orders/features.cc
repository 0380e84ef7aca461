// Orders of several days, a file a day: what is computed of each file runs in parallel.
#include <filesystem>
#include <fstream>
#include <future>

#include "weft/io.h"
#include "weft/weft.h"

namespace orders {

using namespace weft;

std::string base_name(const std::string& path) { return std::filesystem::path(path).stem(); }

/// The files of the folder, by name.
FEATURE(Parallel<std::string>, file, (std::string folder)) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// ---- for each file
// -------------------------------------------------------------------------------

FEATURE(Table, orders, (Table rows), load_from("csv", {{"path", source("file")}}),
        extract_columns(column<int64_t>("quantity"), column<double>("price"))) {
  return rows;
}
/// The discount comes from outside of the block: it is computed once.
FEATURE(double, amount, (int64_t quantity, double price, double discount)) {
  return static_cast<double>(quantity) * price * (1 - discount);
}
FEATURE(Scalar<double>, revenue, (Column<double> amount)) { return sum(amount); }
FEATURE(std::string, day, (std::string file)) { return base_name(file); }

// ---- of all files
// --------------------------------------------------------------------------------

FEATURE(double, discount, (double loyalty)) { return loyalty / 100; }
FEATURE(double, total, (Collect<double> revenue)) {
  double sum = 0;
  for (const double r : revenue) sum += r;
  return sum;
}
/// Takes what was collected: the files are gone through a second time.
FEATURE(double, share, (double revenue, double total)) { return revenue / total; }
FEATURE(Table, summary, (Collect<std::string> day, Collect<double> revenue, Collect<double> share),
        save_to("csv", {{"path", source("summary_path")}})) {
  return {{"day", ColumnData::of(day.to_vector())},
          {"revenue", ColumnData::of(revenue.to_vector())},
          {"share", ColumnData::of(share.to_vector())}};
}

// ---- blocks in blocks
// ----------------------------------------------------------------------------

/// The lines of a file, one by one: the file need not be in memory.
FEATURE(Parallel<std::string>, line, (std::string file)) {
  return [in = std::make_shared<std::ifstream>(file)]() -> std::optional<std::string> {
    std::string text;
    if (!std::getline(*in, text)) return {};
    return text;
  };
}
FEATURE(int64_t, width, (std::string_view line)) { return static_cast<int64_t>(line.size()); }
FEATURE(int64_t, widest, (Collect<int64_t> width)) {
  int64_t most = 0;
  for (const int64_t w : width) most = std::max(most, w);
  return most;
}
FEATURE(std::vector<int64_t>, widest_of_each, (Collect<int64_t> widest)) {
  return widest.to_vector();
}

// ---- values that come later
// ----------------------------------------------------------------------

/// Asks a service; the run goes on meanwhile with all that does not need the answer.
FEATURE(std::future<double>, exchange_rate, (std::string currency)) {
  return std::async(std::launch::async, [currency] { return currency == "EUR" ? 1.25 : 1.0; });
}
FEATURE(double, total_abroad, (double total, double exchange_rate)) {
  return total / exchange_rate;
}

// ---- a loader and a saver of this module
// ---------------------------------------------------------

/// Lines of "key value".
LOADER(Table, pairs, (std::string path, int64_t skip = 0)) {
  std::ifstream in(path);
  std::vector<std::string> keys;
  std::vector<double> values;
  std::string key;
  double value = 0;
  while (in >> key >> value) {
    if (skip-- > 0) continue;
    keys.push_back(key);
    values.push_back(value);
  }
  return {{"key", ColumnData::of(keys)}, {"value", ColumnData::of(values)}};
}
SAVER(Values, pairs, (const Table& data, std::string path)) {
  std::ofstream out(path);
  const Series<std::string> key(data.column("key"));
  const Series<double> value(data.column("value"));
  for (int64_t i = 0; i < key.size(); ++i) out << key.value(i) << ' ' << value.value(i) << '\n';
  return {{"path", Value::of(path)}, {"rows", Value::of(data.num_rows())}};
}
FEATURE(Table, stock, (Table rows), load_from("pairs", {{"path", source("stock_path")}}),
        save_to("pairs", {{"path", source("copy_path")}})) {
  return rows;
}

}  // namespace orders
