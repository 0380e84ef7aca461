/// Types of values: what a row can hold, and how each type lies in memory between kernels.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft {

/// Times are int64 microseconds since the Unix epoch, UTC; zones exist only at the edges.
using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;
using namespace std::chrono_literals;  // NOLINT: 3h, 5min are how windows are written

class Arena;
class Value;
struct TypeInfo;

/// A type is the address of its one description: equal types are equal pointers in the whole
/// process, whichever module made them. Never null except where a header says so.
using Type = const TypeInfo*;

enum class Kind : uint8_t {
  kBool,
  kInt32,
  kInt64,
  kFloat,
  kDouble,
  kString,
  kTimestamp,
  kDuration,
  kList,
  kStruct,
  kObject,  ///< any other C++ type: passes between functions, never lies in a column
};

/// A list in a slot: the elements lie in the block's arena or in the column that was read.
struct ListView {
  const void* data = nullptr;  ///< [size] elements as the element type stores them
  int64_t size = 0;
};

/// One field of a struct that is a row value.
struct Field {
  std::string name;
  Type type = nullptr;
  bool nullable = false;
  size_t offset = 0;  ///< of the member in the C++ struct
  /// Reads the member into a slot of `type`; false if it is null. Borrows from the record.
  bool (*load)(const void* record, void* slot, Arena& arena) = nullptr;
  /// Writes the member from a slot of `type`; slot null: the member becomes null (only if
  /// nullable).
  void (*store)(void* record, const void* slot) = nullptr;
};

/// How an object that is a std container is taken apart and put together (container.h has the
/// calls). `object` is what a Value of the type holds.
struct Container {
  enum class Kind : uint8_t {
    kTuple,     ///< std::pair, std::tuple, std::array: `elements` has the type of each
    kSequence,  ///< std::vector of objects: `elements` has one type
    kMap,       ///< std::map<std::string, T>: `elements` has one type
  };
  Kind kind = Kind::kTuple;
  std::vector<Type> elements = {};  ///< null: any (a Value)
  size_t (*size)(const void* object) = nullptr;
  /// Element i < size; of a map in the order of its keys.
  Value (*at)(const void* object, size_t i) = nullptr;
  /// Of a map only: empty if there is no such key.
  Value (*find)(const void* object, const std::string& key) = nullptr;
  /// Of values of the elements' types; `keys` are a map's.
  Value (*make)(std::span<const std::string> keys, std::span<const Value> values) = nullptr;
  /// Of a map only: the key of element i < size.
  const std::string& (*key)(const void* object, size_t i) = nullptr;
};

/// A list as a Value, which holds a std::vector of the elements' C++ type.
struct ListBoxing {
  Value (*box)(Type type, const void* stored) = nullptr;
  void (*unbox)(Type type, const Value& value, void* stored, Arena& arena) = nullptr;
  const ListBoxing* nested = nullptr;  ///< of lists of these lists; null past the third level
};

/// What is known of a type. `stored` below is what a slot of a block holds for it: bool, int32_t,
/// int64_t, float, double, std::string_view, Time, Duration, ListView, or the struct itself.
struct TypeInfo {
  Kind kind = Kind::kObject;
  std::string name;        ///< as errors, JSON and `weft show` spell it: "double", "list<string>"
  size_t size = 0;         ///< of `stored`, bytes; 0 for objects
  Type element = nullptr;  ///< of a list
  std::vector<Field> fields = {};        ///< of a struct
  const Container* container = nullptr;  ///< of an object that is a std container
  /// Of an object that is called what the node is that makes it: a copy with that name, if it has
  /// none of its own.
  Value (*named)(const Value& value, std::string_view name) = nullptr;
  /// One stored value as a Value of its own, and back. Null for objects, and for structs that no
  /// C++ type describes and lists of them.
  Value (*box)(Type type, const void* stored) = nullptr;
  void (*unbox)(Type type, const Value& value, void* stored, Arena& arena) = nullptr;
  const ListBoxing* list_boxing = nullptr;  ///< of lists of this type; null: they have no Values
  /// Null where all bits zero is a value and nothing need be destroyed.
  void (*construct)(void* stored, int64_t n) = nullptr;
  void (*destroy)(void* stored, int64_t n) = nullptr;

  bool is_number() const { return kind >= Kind::kInt32 && kind <= Kind::kDouble; }
  bool is_time() const { return kind == Kind::kTimestamp || kind == Kind::kDuration; }
  bool is_object() const { return kind == Kind::kObject; }
};

Type bool_type();
Type int32_type();
Type int64_type();
Type float_type();
Type double_type();
Type string_type();
Type timestamp_type();
Type duration_type();
Type list_type(Type element);
/// The struct or object of this C++ name; the first description given stays. `fields` empty:
/// object.
Type struct_type(TypeInfo info);
Type object_type(std::string_view cpp_name, const Container* container = nullptr,
                 Value (*named)(const Value& value, std::string_view name) = nullptr);
/// A scalar type or list by its name ("int64", "list<double>"); null if there is none.
Type type_by_name(std::string_view name);
/// The same, and structs and objects that have been described in this process by this name.
Type described_type(std::string_view name);

/// May a value of `from` stand where `to` is asked for? Equal types, and int32 -> int64 -> double,
/// int32 -> float -> double. Nothing else converts by itself.
bool widens(Type from, Type to);

/// Bytes of one block's strings and lists. Reset per block, so a warm block allocates nothing.
/// Not thread-safe.
class Arena {
 public:
  Arena() = default;
  ~Arena() { destroy_owned(); }
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    swap(other);
    return *this;
  }

  /// `n` bytes aligned to 8, valid until reset().
  char* take(size_t n) {
    n = (n + 7) & ~size_t{7};
    if (n > left_) grow(n);
    char* p = at_;
    at_ += n;
    left_ -= n;
    return p;
  }
  std::string_view copy(std::string_view text);
  /// Room for `n` slots of `type`, constructed; reset() destroys them.
  char* take_slots(Type type, int64_t n);
  /// Has destroy(p, n) called before the memory at `p` is taken back: records may hold memory of
  /// their own.
  void own(void* p, int64_t n, void (*destroy)(void*, int64_t)) {
    owned_.push_back({p, n, destroy});
  }
  void reset();

 private:
  struct Owned {
    void* p;
    int64_t n;
    void (*destroy)(void*, int64_t);
  };

  void grow(size_t n);
  void destroy_owned();
  void swap(Arena& other) noexcept;

  std::vector<Owned> owned_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t chunk_size_ = 0;
  char* at_ = nullptr;
  size_t left_ = 0;
};

/// Opt in: `template <> inline constexpr bool weft::is_record<Trip> = true;` makes an aggregate a
/// row value whose fields become a struct. Other structs are objects.
template <class T>
inline constexpr bool is_record = false;

/// The name of a C++ type as the compiler spells it.
template <class T>
consteval std::string_view cpp_name_of() {
  std::string_view s = __PRETTY_FUNCTION__;  // gcc: "... [with T = X; ...]", clang: "[T = X]"
  s = s.substr(s.find("T = ") + 4);
  return s.substr(0, std::min(s.find(';'), s.rfind(']')));
}

/// The Type of a C++ type (const and reference removed; optional<T> is T's).
template <class T>
Type type_of();

}  // namespace weft
