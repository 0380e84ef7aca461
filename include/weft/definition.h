/// Definitions: what a module declares, as data, whatever language it was written in.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <variant>

#include "weft/async.h"
#include "weft/column.h"
#include "weft/parallel.h"

namespace weft {

/// How a parameter takes its input, and what a function yields.
enum class Shape : uint8_t {
  kRow,       ///< a plain value of one row; lifted over columns, or a scalar where all inputs are
  kColumn,    ///< Column<T>, symbolic
  kScalar,    ///< Scalar<T>, symbolic
  kSeries,    ///< Series<T>, all rows at once
  kObject,    ///< anything else, and single values of an object function
  kParallel,  ///< Parallel<T>, only as a result: a T for each element
  kCollect,   ///< Collect<T>, only as a parameter: the T of all elements
};
std::string_view shape_name(Shape shape);

/// Where a parameter's value comes from, when it is not simply the node of its name.
struct Dependency {
  enum class Kind : uint8_t { kSource, kValue, kGroup, kConfig };
  Kind kind = Kind::kSource;
  std::string name = {};  ///< of the node or input; of a config key
  Value value = {};
  /// A list (names empty) or a map of sources and values.
  std::vector<std::pair<std::string, Dependency>> group = {};
};
/// By parameter name.
using Dependencies = std::map<std::string, Dependency>;

struct Parameter {
  std::string name;
  Type type = nullptr;
  Shape shape = Shape::kRow;
  bool nullable = false;                    ///< std::optional<T>: sees nulls
  std::optional<Value> default_value = {};  ///< gives way to a node or input of that name
};

/// An object function takes values; a column function takes and returns Value::of<ExprPtr>. A value
/// for a Series<T> is a ColumnData, for a Collect<T> a ValueList; a Parallel<T> returns Elements.
/// Any object function may return an Awaited instead of its value.
using Call = std::function<Value(std::span<const Value>)>;

/// May a value be null? `kUnknown`: only the data tells.
enum class Missing : uint8_t { kUnknown, kNever, kSome };
/// What is known of a value when a plan is made.
struct KnownType {
  Type type = nullptr;  ///< null: only the data tells
  Missing missing = Missing::kUnknown;
  Value constant = {};  ///< set: it is this one value
};
/// What a function of another language means as an expression, for arguments of these types. Its
/// inputs have the names of the definition's parameters.
struct Translation {
  ExprPtr expr = nullptr;  ///< null: it has to be called, because of `reason`
  Missing missing = Missing::kUnknown;
  std::string reason = {};
};
/// Called when a plan is made, on any thread; the answer depends on nothing but the arguments.
using Translate = std::function<Translation(std::span<const KnownType>)>;

struct Definition;
using DefinitionPtr = std::shared_ptr<const Definition>;
using Definitions = std::vector<DefinitionPtr>;

/// A named set of definitions: a translation unit's features, a shared library's, a Python
/// module's.
struct Module {
  std::string name;
  Definitions definitions;
  std::string path = {};  ///< of the shared library or script, if it was loaded
  /// For load_from: the parameters are options; returns the data, a pair of data and metadata (a
  /// Values), or a Loaded.
  Definitions loaders = {};
  /// For save_to: the first parameter is the data, the others are options; returns Values.
  Definitions savers = {};
};

/// What a loader yields: the data, and what it says about it (path, rows, schema, ...).
struct Loaded {
  Value value;
  Values metadata;
};

// ---- modifiers, as data: they print, hash and cross languages ---------------------------------

using Tags = std::map<std::string, std::vector<std::string>>;

/// Which outputs of a function a modifier is for: all final ones by default, or those named.
struct Target {
  bool all = false;  ///< every node the function makes, inner ones too
  std::vector<std::string> names = {};
};

struct Tag {
  Tags tags;
  Target target = {};
};
/// Keeps the function only if config[key] is one of the values (or none of them, if negate).
struct When {
  std::string key;
  std::vector<Value> values;
  bool negate = false;
  std::string name = {};  ///< of the node; default: the function's name up to "__"
};
/// The function is never a node.
struct Exclude {};
/// One node for each variant.
struct Parameterize {
  struct Variant {
    std::string name;
    Dependencies bindings;
    std::string doc = {};  ///< default: the function's, with {parameter} replaced
  };
  std::vector<Variant> variants;
};
struct Inject {
  Dependencies bindings;
};
struct NamedOutput {
  std::string name;
  Type type = nullptr;  ///< null: what the data has
  std::string doc = {};
};
/// Of a table: a node for each column.
struct ExtractColumns {
  std::vector<NamedOutput> columns;
};
/// Of a struct or a map: a node for each field.
struct ExtractFields {
  std::vector<NamedOutput> fields;
};
/// Of a tuple, pair or vector: a node for each element, in order.
struct Unpack {
  std::vector<std::string> names;
};
/// Another function stands in for the body; it is called with the parameters as written.
struct Does {
  DefinitionPtr function;
  std::map<std::string, std::string> renamed = {};  ///< its parameter -> the declared one
};
/// Modifiers computed from the config when the graph is built.
struct ResolveFromConfig {
  std::vector<std::string> keys;  ///< that must be in the config
  std::function<std::vector<struct Modifier>(const Values& config)> modifiers;
};
/// A copy of other definitions under the namespace of this function, whose parameters then are
/// outputs of the copy (but for `external_inputs`).
struct Subdag {
  struct Instance {
    std::string name = {};  ///< of the node; empty: the function's
    Dependencies inputs = {};
    Dependencies config = {};
    std::vector<std::string> external_inputs = {};
  };
  std::vector<std::string> modules = {};
  Definitions definitions = {};
  std::string name_space = {};           ///< default: the node's name
  std::vector<Instance> instances = {};  ///< one: subdag; several: parameterized subdag
};
/// One link of a chain: a function whose first parameter is the value that is passed on.
struct Step {
  DefinitionPtr function;
  Dependencies bindings = {};
  std::string name = {};        ///< of the node; default "with_<function>"
  std::string name_space = {};  ///< default: the function that is piped; ".": none
  std::vector<When> when = {};
  std::vector<std::string> on_output = {};
};
struct PipeInput {
  std::vector<Step> steps;
  std::string on_input = {};    ///< default: the first parameter
  std::string name_space = {};  ///< of steps that have none; ".": none
};
struct PipeOutput {
  std::vector<Step> steps;
  std::vector<std::string> on_output = {};
  std::string name_space = {};  ///< of steps that have none; ".": none
};
/// The function becomes a step after each of these, in the same module.
struct Mutate {
  std::vector<std::string> targets;
  Dependencies bindings = {};
};
/// Columns computed by other definitions from columns of the table parameter are appended to it.
struct WithColumns {
  std::vector<std::string> modules = {};
  Definitions definitions = {};
  std::vector<std::string> columns_to_pass = {};
  std::vector<std::string> select = {};  ///< default: every node that is not an input of another
  std::string on_input = {};
  std::string name_space = {};
};
struct LoadFrom {
  std::string loader;  ///< a module's LOADER, a registered one, "csv", "parquet", ...
  Dependencies options;
  std::string parameter = {};  ///< needed where there is more than one
};
struct SaveTo {
  std::string saver;  ///< as above: a SAVER
  Dependencies options;
  std::string output_name = {};  ///< default "save.<node>"
  Target target = {};
};
/// The function loads data itself: it returns a pair of the data and Values that tell of it. The
/// node <name>.loader has both, <name> the data.
struct DataLoader {};
/// The function saves data itself, and returns Values that tell of it.
struct DataSaver {};

enum class Importance : uint8_t { kWarn, kFail, kQuarantine };
std::string_view importance_name(Importance importance);
/// One check of a node's data. Built in by name with options, or the user's own function.
struct CheckSpec {
  std::string name;  ///< "range", "values_in", ... ; of the node: "<node>_<name>_validator"
  Values options = {};
  Importance importance = Importance::kWarn;
  /// Other columns or tables the check reads: parameter -> node.
  std::map<std::string, std::string> inputs = {};
  /// The user's own: takes ColumnData, Table or a single value, returns CheckOutcome (check.h).
  Call function = {};
};
struct Check {
  std::vector<CheckSpec> checks;
  Target target = {};
};
enum class CacheBehavior : uint8_t { kDefault, kRecompute, kIgnore, kDisable };
struct Cache {
  CacheBehavior behavior = CacheBehavior::kDefault;
  Target target = {};
};
/// What a table looks like: shown by lineage, and compared with the data at run time.
struct SchemaOf {
  std::vector<NamedOutput> columns;
  Target target = {};
};
/// A row whose function throws becomes null.
struct OnErrorNull {};

using ModifierKind =
    std::variant<Tag, When, Exclude, Parameterize, Inject, ExtractColumns, ExtractFields, Unpack,
                 Does, ResolveFromConfig, Subdag, PipeInput, PipeOutput, Mutate, WithColumns,
                 LoadFrom, SaveTo, DataLoader, DataSaver, Check, Cache, SchemaOf, OnErrorNull>;
struct Modifier {
  ModifierKind kind;
};

/// A function as it was declared. Immutable once in a Module.
struct Definition {
  std::string name;  ///< "fare__surge": variants keep their suffix here
  std::vector<Parameter> parameters = {};
  Type result = nullptr;
  Shape shape = Shape::kObject;
  bool nullable = false;       ///< returns std::optional<T>
  KernelPtr kernel = nullptr;  ///< of a row function
  Call call = {};              ///< of every other one
  /// Runs in place of the kernel or call wherever it gives an expression. No part of the
  /// fingerprint: both give the same values.
  Translate translate = {};
  std::vector<Modifier> modifiers = {};  ///< as written; the last written is applied first
  std::string doc = {};
  std::string source_text = {};
  std::string module = {};
  std::string language = "C++";
  SourceLocation where = {};
  /// What its results depend on beside its own text: for a C++ feature a hash of what else is in
  /// its file; for a function without text whatever its maker says. Part of the fingerprint.
  std::string version = {};

  /// A row function is lifted over columns, a column function is symbolic, an object function runs
  /// once.
  bool is_row_function() const { return kernel != nullptr; }
  bool is_column_function() const;
};

}  // namespace weft
