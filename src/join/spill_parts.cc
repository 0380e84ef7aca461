#include "join/spill_parts.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <sys/mman.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "data/arrow.h"
#include "join/feature_rows.h"

namespace weft {
namespace {

constexpr char kDoing[] = "spilling a join to disk";
constexpr int64_t kCollectedRows = 8192;

uint64_t hash_of_double(double value) {
  if (std::isnan(value)) return 1;
  return std::bit_cast<uint64_t>(value + 0.0);  // -0.0 as 0.0
}

uint64_t hash_of_key(Type type, const Slice& key, int64_t i) {
  if (!key.is_valid(i)) return 0;
  switch (type->kind) {
    case Kind::kBool:
      return key.at<uint8_t>(i);
    case Kind::kInt32:
      return static_cast<uint64_t>(int64_t{key.at<int32_t>(i)});
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return static_cast<uint64_t>(key.at<int64_t>(i));
    case Kind::kFloat:
      return hash_of_double(static_cast<double>(key.at<float>(i)));
    case Kind::kDouble:
      return hash_of_double(key.at<double>(i));
    case Kind::kString: {
      const auto text = key.at<std::string_view>(i);
      return XXH3_64bits(text.data(), text.size());
    }
    default:
      return 0;
  }
}

bool is_integer(Type type) {
  return type->is_time() || type->kind == Kind::kInt32 || type->kind == Kind::kInt64;
}

int64_t integer_at(Type type, const Slice& key, int64_t i) {
  return type->size == sizeof(int64_t) ? key.at<int64_t>(i) : key.at<int32_t>(i);
}

// Where parts of about equal size begin, each somewhere else.
template <class T>
std::vector<T> cuts_of(std::vector<T> sample, uint32_t parts) {
  std::ranges::sort(sample);
  std::vector<T> cuts;
  for (uint32_t p = 1; p < parts && !sample.empty(); ++p) {
    const T& cut = sample[sample.size() * p / parts];
    if (cuts.empty() ? sample.front() < cut : cuts.back() < cut) cuts.push_back(cut);
  }
  return cuts;
}

template <class T, class U>
uint32_t part_in(const std::vector<T>& cuts, const U& key) {
  return static_cast<uint32_t>(std::ranges::upper_bound(cuts, key) - cuts.begin());
}

}  // namespace

bool KeyParts::takes_ranges(std::span<const Type> types) {
  return !types.empty() && (is_integer(types[0]) || types[0]->kind == Kind::kString);
}

KeyParts::KeyParts(std::vector<Type> types, uint32_t parts, const ColumnData& sample)
    : types_(std::move(types)), parts_(parts) {
  if (!takes_ranges(types_)) return;
  const Type type = types_[0];
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
  read_in_ranges({&sample, 1}, {&type, 1}, [&](std::span<const Slice> slices, int64_t, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      if (!slices[0].is_valid(i)) continue;
      if (is_integer(type)) {
        numbers.push_back(integer_at(type, slices[0], i));
      } else {
        texts.emplace_back(slices[0].at<std::string_view>(i));
      }
    }
  });
  numbers_ = cuts_of(std::move(numbers), parts);
  texts_ = cuts_of(std::move(texts), parts);
  const auto found = static_cast<uint32_t>(std::max(numbers_.size(), texts_.size())) + 1;
  // Few keys with most of the rows, and others behind them: a hash spreads those.
  if (found < parts / 2 + 1) return;
  ranges_ = true;
  parts_ = found;
}

void KeyParts::find(const Slice* keys, int64_t n, uint32_t* part) const {
  if (ranges_) {
    const Type type = types_[0];
    for (int64_t i = 0; i < n; ++i) {
      if (!keys[0].is_valid(i)) {
        part[i] = 0;
      } else if (is_integer(type)) {
        part[i] = part_in(numbers_, integer_at(type, keys[0], i));
      } else {
        part[i] = part_in(texts_, keys[0].at<std::string_view>(i));
      }
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    uint64_t hash = 0;
    for (size_t k = 0; k < types_.size(); ++k) {
      hash = (hash ^ hash_of_key(types_[k], keys[k], i)) * 0x9e3779b97f4a7c15;
      hash ^= hash >> 29;
    }
    hash *= 0xd6e8feb86659fd93;
    part[i] = static_cast<uint32_t>((hash >> 32) * parts_ >> 32);
  }
}

// ---- SpillFile -------------------------------------------------------------------------------

struct SpillFile::State {
  Schema schema;
  std::vector<Table> collected = {};
  int64_t collected_rows = 0;
  std::string path = {};
  std::shared_ptr<arrow::io::FileOutputStream> out = nullptr;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer = nullptr;

  explicit State(Schema s) : schema(std::move(s)) {}
  ~State() {
    if (!path.empty()) ::unlink(path.c_str());
  }

  void open() {
    const char* folder = std::getenv("TMPDIR");
    path = std::string(folder && *folder ? folder : "/tmp") + "/weft-join-XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (fd < 0) {
      const std::string wanted = std::exchange(path, "");
      throw Error(ErrorCode::kIo,
                  std::string(kDoing) + ": creating " + wanted + ": " + std::strerror(errno));
    }
    ::close(fd);
    out = value_or_throw(arrow::io::FileOutputStream::Open(path), kDoing);
    writer =
        value_or_throw(arrow::ipc::MakeFileWriter(out.get(), schema_to_arrow_of(schema)), kDoing);
  }

  static std::shared_ptr<arrow::Schema> schema_to_arrow_of(const Schema& schema) {
    arrow::FieldVector fields;
    for (const auto& [name, type] : schema) {
      fields.push_back(arrow::field(name, type_to_arrow(type)));
    }
    return arrow::schema(std::move(fields));
  }

  void flush() {
    if (collected.empty()) return;
    if (!writer) open();
    const auto rows = value_or_throw(Table::concat(collected).to_arrow()->CombineChunks(), kDoing);
    throw_if_failed(writer->WriteTable(*rows), kDoing);
    collected.clear();
    collected_rows = 0;
  }

  SpilledRows read() const {
    const auto in =
        value_or_throw(arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ), kDoing);
    const auto reader = value_or_throw(arrow::ipc::RecordBatchFileReader::Open(in), kDoing);
    std::vector<arrow::ArrayVector> chunks(schema.size());
    for (int i = 0; i < reader->num_record_batches(); ++i) {
      const auto batch = value_or_throw(reader->ReadRecordBatch(i), kDoing);
      for (size_t c = 0; c < chunks.size(); ++c) {
        chunks[c].push_back(batch->column(static_cast<int>(c)));
      }
    }
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (size_t c = 0; c < chunks.size(); ++c) {
      const auto& [name, type] = schema[c];
      columns.emplace_back(name, column_of(type, std::make_shared<arrow::ChunkedArray>(
                                                     std::move(chunks[c]), type_to_arrow(type))));
    }
    const int64_t bytes = value_or_throw(in->GetSize(), kDoing);
    return {Table(std::move(columns)), value_or_throw(in->ReadAt(0, bytes), kDoing)};
  }
};

void SpilledRows::let_go() const {
  // The mapping begins at a page's border, and a failure changes nothing.
  if (mapped) {
    ::madvise(const_cast<uint8_t*>(mapped->data()), static_cast<size_t>(mapped->size()),
              MADV_DONTNEED);
  }
}

SpillFile::SpillFile(Schema schema) : state_(std::make_unique<State>(std::move(schema))) {}
SpillFile::~SpillFile() = default;
SpillFile::SpillFile(SpillFile&&) noexcept = default;

void SpillFile::append(const Table& rows) {
  if (rows.num_rows() == 0) return;
  state_->collected.push_back(rows);
  state_->collected_rows += rows.num_rows();
  if (state_->collected_rows >= kCollectedRows) state_->flush();
}

SpilledRows SpillFile::finish() {
  State& s = *state_;
  if (!s.writer) {  // little: it stays where it is
    if (!s.collected.empty()) return {Table::concat(s.collected)};
    std::vector<std::pair<std::string, ColumnData>> none;
    for (const auto& [name, type] : s.schema) {
      none.emplace_back(name, column_of(type, std::make_shared<arrow::ChunkedArray>(
                                                  arrow::ArrayVector{}, type_to_arrow(type))));
    }
    return {Table(std::move(none))};
  }
  s.flush();
  throw_if_failed(s.writer->Close(), kDoing);
  throw_if_failed(s.out->Close(), kDoing);
  SpilledRows rows = s.read();
  ::unlink(s.path.c_str());
  s.path.clear();
  return rows;
}

// ---- SpilledParts ----------------------------------------------------------------------------

SpilledParts::SpilledParts(const Schema& schema, uint32_t parts) {
  for (uint32_t p = 0; p < parts; ++p) files_.emplace_back(schema);
}

void SpilledParts::append(const Table& rows, std::span<const uint32_t> part) {
  std::vector<size_t> begin(files_.size() + 1);
  for (const uint32_t p : part) {
    if (p < files_.size()) ++begin[p + 1];
  }
  for (size_t p = 1; p < begin.size(); ++p) begin[p] += begin[p - 1];
  std::vector<int64_t> order(begin.back());
  auto next = begin;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] < files_.size()) order[next[part[i]]++] = static_cast<int64_t>(i);
  }
  // Taken at once and then cut: a take costs more than a slice.
  const Table sorted = rows.take(order);
  for (size_t p = 0; p < files_.size(); ++p) {
    const auto n = static_cast<int64_t>(begin[p + 1] - begin[p]);
    if (n > 0) files_[p].append(sorted.slice(static_cast<int64_t>(begin[p]), n));
  }
}

std::vector<SpilledRows> SpilledParts::finish() {
  std::vector<SpilledRows> tables;
  for (SpillFile& file : files_) tables.push_back(file.finish());
  return tables;
}

}  // namespace weft
