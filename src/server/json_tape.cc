#include "server/json_tape.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace weft {
namespace {

constexpr size_t kDepthMax = 32;
constexpr size_t kKeptNodes = 1 << 16;
constexpr size_t kKeptBytes = 1 << 20;
constexpr size_t kShownBytes = 40;

}  // namespace

// What nlohmann's parser calls.
struct JsonTape::Builder {
  using number_integer_t = int64_t;
  using number_unsigned_t = uint64_t;
  using number_float_t = double;
  using string_t = std::string;
  using binary_t = nlohmann::json::binary_t;
  using Kind = JsonValue::Kind;

  JsonTape& tape;
  std::vector<uint32_t>& open;

  Node& add(Kind kind) {
    if (!open.empty()) {
      Node& parent = tape.nodes_[open.back()];
      parent.integer += parent.kind == Kind::kList ? 1 : 0;
    }
    Node node = {};
    node.kind = kind;
    node.end = static_cast<uint32_t>(tape.nodes_.size() + 1);
    return tape.nodes_.emplace_back(node);
  }
  bool null() { return add(Kind::kNull), true; }
  bool boolean(bool value) { return add(Kind::kBool).integer = value, true; }
  bool number_integer(int64_t value) { return add(Kind::kInteger).integer = value, true; }
  bool number_unsigned(uint64_t value) {
    const bool fits = value <= static_cast<uint64_t>(INT64_MAX);
    return add(fits ? Kind::kInteger : Kind::kUnsigned).large = value, true;
  }
  bool number_float(double value, std::string_view) {
    return add(Kind::kDouble).number = value, true;
  }
  bool string(std::string_view value) {
    add(Kind::kText).text = {static_cast<uint32_t>(tape.texts_.size()),
                             static_cast<uint32_t>(value.size())};
    tape.texts_ += value;
    return true;
  }
  bool binary(const binary_t&) { return false; }
  bool start(Kind kind) {
    if (open.size() >= kDepthMax) {
      tape.error_ = fmt::format("it is nested deeper than {} levels", kDepthMax);
      return false;
    }
    add(kind).integer = 0;
    open.push_back(static_cast<uint32_t>(tape.nodes_.size() - 1));
    return true;
  }
  bool end() {
    tape.nodes_[open.back()].end = static_cast<uint32_t>(tape.nodes_.size());
    open.pop_back();
    return true;
  }
  bool start_object(size_t) { return start(Kind::kObject); }
  bool end_object() { return end(); }
  bool start_array(size_t) { return start(Kind::kList); }
  bool end_array() { return end(); }
  bool key(std::string_view name) {
    ++tape.nodes_[open.back()].integer;
    return string(name);
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) {
    tape.error_ = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    if (const size_t end = tape.error_.find("] "); end != std::string::npos) {
      tape.error_.erase(0, end + 2);
    }
    return false;
  }
};

// Reads what requests are made of: ASCII texts without escapes, numbers that fit. False for all
// else, be it right or wrong: nlohmann's parser, which is ten times slower, decides and says why.
class JsonTape::PlainReader {
 public:
  PlainReader(std::string_view text, Builder& into)
      : at_(text.data()), end_(text.data() + text.size()), into_(into) {}

  bool read() { return value() && next() == '\0' && at_ == end_; }

 private:
  // What comes after white space; 0 at the end.
  char next() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    return at_ < end_ ? *at_ : '\0';
  }
  bool take(char wanted) {
    if (next() != wanted) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool value() {
    switch (next()) {
      case '{':
        return members('}', JsonValue::Kind::kObject);
      case '[':
        return members(']', JsonValue::Kind::kList);
      case '"': {
        const auto found = text();
        return found && into_.string(*found);
      }
      case 't':
        return take_word("true") && into_.boolean(true);
      case 'f':
        return take_word("false") && into_.boolean(false);
      case 'n':
        return take_word("null") && into_.null();
      default:
        return number();
    }
  }

  bool members(char close, JsonValue::Kind kind) {
    ++at_;
    if (into_.open.size() >= kDepthMax || !into_.start(kind)) return false;
    if (take(close)) return into_.end();
    do {
      if (kind == JsonValue::Kind::kObject && !name()) return false;
      if (!value()) return false;
    } while (take(','));
    return take(close) && into_.end();
  }
  bool name() {
    if (next() != '"') return false;
    const auto found = text();
    return found && into_.key(*found) && take(':');
  }

  std::optional<std::string_view> text() {
    const char* from = ++at_;
    while (at_ < end_ && *at_ != '"') {
      const auto byte = static_cast<unsigned char>(*at_);
      if (byte < 0x20 || byte >= 0x7F || byte == '\\') return {};
      ++at_;
    }
    if (at_ == end_) return {};
    return std::string_view(from, static_cast<size_t>(at_++ - from));
  }

  bool digits() {
    const char* from = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ > from;
  }
  bool number() {
    const char* from = at_;
    if (at_ < end_ && *at_ == '-') ++at_;
    const bool has_zero = at_ < end_ && *at_ == '0';
    const char* first = at_;
    if (!digits() || (has_zero && at_ - first > 1)) return false;
    bool is_whole = true;
    if (at_ < end_ && *at_ == '.') {
      is_whole = false;
      ++at_;
      if (!digits()) return false;
    }
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
      is_whole = false;
      ++at_;
      if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    return is_whole ? number_as<int64_t>(from) : number_as<double>(from);
  }
  template <class T>
  bool number_as(const char* from) {
    T read = 0;
    if (std::from_chars(from, at_, read).ec != std::errc()) return false;
    if constexpr (std::is_same_v<T, double>) {
      return into_.number_float(read, {});
    } else {
      return into_.number_integer(read);
    }
  }

  const char* at_;
  const char* end_;
  Builder& into_;
};

bool JsonTape::parse(std::string_view text) {
  if (nodes_.capacity() > kKeptNodes) std::vector<Node>().swap(nodes_);
  if (texts_.capacity() > kKeptBytes) std::string().swap(texts_);
  error_.clear();
  if (text.size() >= UINT32_MAX) {
    error_ = "it is larger than 4 GiB";
    return false;
  }
  Builder builder{*this, open_};
  const auto begin = [&] {
    nodes_.clear();
    texts_.clear();
    open_.clear();
  };
  begin();
  if (PlainReader(text, builder).read()) return true;
  begin();
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return true;
  if (error_.empty()) error_ = "it is not JSON";
  return false;
}

JsonValue::Kind JsonValue::kind() const { return tape_->nodes_[at_].kind; }
bool JsonValue::boolean() const { return tape_->nodes_[at_].integer != 0; }
int64_t JsonValue::integer() const { return tape_->nodes_[at_].integer; }
uint64_t JsonValue::large_integer() const { return tape_->nodes_[at_].large; }
double JsonValue::number() const { return tape_->nodes_[at_].number; }

std::string_view JsonValue::text() const {
  const JsonTape::Node& node = tape_->nodes_[at_];
  return std::string_view(tape_->texts_).substr(node.text.offset, node.text.size);
}

int64_t JsonValue::size() const { return tape_->nodes_[at_].integer; }

JsonValue::Iterator& JsonValue::Iterator::operator++() {
  at_ = tape_->nodes_[at_].end;
  return *this;
}
JsonValue::Iterator JsonValue::begin() const { return {*tape_, at_ + 1}; }
JsonValue::Iterator JsonValue::end() const { return {*tape_, tape_->nodes_[at_].end}; }

std::optional<JsonValue> JsonValue::find(std::string_view name) const {
  std::optional<JsonValue> found;
  for (auto it = begin(); it != end(); ++it) {
    const bool matches = (*it).text() == name;
    ++it;
    if (matches) found = *it;
  }
  return found;
}

std::string JsonValue::shown() const {
  switch (kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return boolean() ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(integer());
    case Kind::kUnsigned:
      return std::to_string(large_integer());
    case Kind::kDouble:
      return fmt::format("{}", number());
    case Kind::kList:
      return "a list";
    case Kind::kObject:
      return "an object";
    case Kind::kText:
      break;
  }
  std::string_view shown = text();
  if (shown.size() <= kShownBytes) return fmt::format("\"{}\"", shown);
  size_t size = kShownBytes;
  while (size > 0 && (static_cast<unsigned char>(shown[size]) & 0xC0) == 0x80) --size;
  return fmt::format("\"{}...\"", shown.substr(0, size));
}

}  // namespace weft
