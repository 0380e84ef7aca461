/// JSON as a flat list of values that is used again: reading a request allocates nothing once warm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

class JsonTape;

/// A value on a tape: borrows it, good until the next parse().
class JsonValue {
 public:
  enum class Kind : uint8_t { kNull, kBool, kInteger, kUnsigned, kDouble, kText, kList, kObject };

  Kind kind() const;
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_text() const { return kind() == Kind::kText; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_object() const { return kind() == Kind::kObject; }
  bool boolean() const;            ///< of kBool
  int64_t integer() const;         ///< of kInteger
  uint64_t large_integer() const;  ///< of kUnsigned: above the largest int64
  double number() const;           ///< of kDouble
  std::string_view text() const;   ///< of kText
  /// Elements of a list, members of an object.
  int64_t size() const;
  /// Of an object, the last member of that name.
  std::optional<JsonValue> find(std::string_view name) const;
  /// As a message shows it: numbers and texts as they are, cut after 40 bytes; "a list".
  std::string shown() const;

  /// Goes over the elements of a list, or over names and values of an object in turn.
  class Iterator {
   public:
    JsonValue operator*() const { return JsonValue(*tape_, at_); }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    friend class JsonValue;
    Iterator(const JsonTape& tape, uint32_t at) : tape_(&tape), at_(at) {}
    const JsonTape* tape_;
    uint32_t at_;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class JsonTape;
  JsonValue(const JsonTape& tape, uint32_t at) : tape_(&tape), at_(at) {}
  const JsonTape* tape_;
  uint32_t at_;
};

/// Not thread-safe.
class JsonTape {
 public:
  /// False, and error() says where and why, if the text is not one JSON value, or is nested deeper
  /// than 32 levels.
  bool parse(std::string_view text);
  JsonValue root() const { return JsonValue(*this, 0); }
  const std::string& error() const { return error_; }

 private:
  friend class JsonValue;
  friend class JsonValue::Iterator;
  struct Builder;
  class PlainReader;
  struct Node {
    union {
      int64_t integer;
      uint64_t large;
      double number;
      struct {
        uint32_t offset;
        uint32_t size;
      } text;
    };
    uint32_t end;  // the node after this value and all in it
    JsonValue::Kind kind;
  };

  std::vector<Node> nodes_;
  std::vector<uint32_t> open_;
  std::string texts_;
  std::string error_;
};

}  // namespace weft
