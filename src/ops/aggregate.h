/// Aggregates: many rows in, one value out. Group-by, windows, stream state and online reads all
/// run these, so the same rows give the same bits in each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/kernel.h"

namespace weft {

class AggregateFunction;
using AggregatePtr = std::shared_ptr<const AggregateFunction>;

/// What can be said of an aggregate without running it.
struct AggregateSignature {
  std::string name;     ///< as make_aggregate knows it: "quantile"
  std::string options;  ///< all parameters in one spelling, "q=0.9"; "" if there are none
  std::vector<Type> parameters;
  Type result = nullptr;
  bool result_nullable = true;  ///< may the result be null? Only counts say no
  bool approximate = false;     ///< an estimate, though the same in any order of rows
  bool needs_order = false;     ///< the result depends on the order of rows
};

/// One aggregate for given input types. Immutable and thread-safe; what it has seen lies in states,
/// each of which one thread uses at a time.
///
/// A state is state_size() bytes placed by the caller, so that a group-by holds them in one array.
/// It may be moved byte by byte (memcpy, the old place forgotten), so that array may grow by
/// realloc. A state owns copies of texts and lists: nothing of a block need outlive the call.
///
/// Semantics for all: a row with a null input is skipped (but by count_all). NaN is a value that
/// sorts last and equals NaN; -0.0 equals 0.0, and where values are compared a result of -0.0 is
/// 0.0 and a NaN is the canonical one. Nothing seen: null, but counts 0. Unless needs_order(), the
/// result is a function of the multiset of rows: neither order nor merging nor
/// retraction shows in any bit.
class AggregateFunction : public std::enable_shared_from_this<AggregateFunction> {
 public:
  virtual ~AggregateFunction() = default;

  /// Name, options and parameters tell any two aggregates apart: part of fingerprints.
  const AggregateSignature& signature() const { return signature_; }
  const std::string& name() const { return signature_.name; }
  const std::string& options() const { return signature_.options; }
  Type result_type() const { return signature_.result; }
  bool result_nullable() const { return signature_.result_nullable; }
  bool approximate() const { return signature_.approximate; }
  bool needs_order() const { return signature_.needs_order; }

  /// retract() may be called.
  virtual bool invertible() const = 0;
  /// The aggregate of equal results whose states can retract, at the price of larger or slower
  /// states: this one if invertible(), null if there is none.
  virtual AggregatePtr sliding() const = 0;

  virtual size_t state_size() const = 0;
  virtual size_t state_align() const = 0;
  virtual void init(void* state) const = 0;
  virtual void destroy(void* state) const = 0;

  /// Adds row `row`. `in` has a slice for each parameter, of its type's slots.
  virtual void add(void* state, const Slice* in, int64_t row) const = 0;
  /// Adds rows [0, n) to one state, in that order; much cheaper than row by row.
  virtual void add_block(void* state, const Slice* in, int64_t n) const = 0;
  /// Adds row i to the state at states + group[i] * state_size(). A negative group: row i is left
  /// out.
  virtual void add_grouped(char* states, const int32_t* group, const Slice* in,
                           int64_t n) const = 0;
  /// Takes away a row that was added. Rows have to leave in the order in which they came where
  /// needs_order(), and for min, max, min_by and max_by. Requires invertible().
  virtual void retract(void* state, const Slice* in, int64_t row) const = 0;
  /// Adds what `from` has seen, which has to be later rows where order matters. `from` stays valid.
  virtual void merge(void* into, const void* from) const = 0;
  /// Writes a slot of result_type(); false: null. Texts and lists are copied into `arena`. May be
  /// called again after more rows. Throws Error(kBadData) if an integer result does not fit.
  virtual bool result(const void* state, void* slot, Arena& arena) const = 0;

 protected:
  explicit AggregateFunction(AggregateSignature signature) : signature_(std::move(signature)) {}

 private:
  const AggregateSignature signature_;
};

/// The aggregate of this name for inputs of these types: make_aggregate("quantile",
/// {double_type()}, {{"q", Value::of(0.9)}}). Options that are not given have their default.
/// Throws Error(kInvalidArgument) for an unknown name or option (naming the nearest), a missing or
/// impossible option, or a wrong number of inputs; Error(kTypeMismatch) for a type it does not
/// take.
AggregatePtr make_aggregate(std::string_view name, std::span<const Type> parameters,
                            const Values& options = {});

/// A line of the documentation.
struct AggregateInfo {
  std::string name;
  std::string inputs;   ///< what it takes: "number", "number, number"
  std::string options;  ///< "q: from 0 to 1"; "" if none
  std::string result;   ///< "double", "as the input"
  std::string summary;  ///< one sentence
};

/// All aggregates, sorted by name.
std::vector<AggregateInfo> aggregate_catalog();

}  // namespace weft
