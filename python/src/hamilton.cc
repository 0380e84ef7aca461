// weft.hamilton's graphs: nodes of Python functions, connected and checked by the C++ resolver, and
// programs that call these functions one after another without anything in between.
//
// A program is for functions of whole objects: nothing to fuse, no columns, no threads (they take
// turns at the GIL anyway, and Hamilton promises the caller's own thread). So it is a list of calls
// over slots of object pointers, compiled once for what is asked for and what is given.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "bind.h"
#include "calls.h"
#include "weft/definition_builder.h"
#include "weft/driver.h"
#include "weft/foreign_types.h"

namespace weft::python {
namespace {

constexpr uint32_t kNoSlot = UINT32_MAX;

// One parameter of a call: another node, a value, or a list or dict of both.
struct Fill {
  nb::object keyword = {};  // interned
  std::string source = {};  // of a node; empty: `value` or a group
  nb::object value = {};    // of a value
  nb::object keys = {};     // of a dict: a tuple
  bool is_group = false;
  std::vector<Fill> entries = {};  // of a group
};

// A node's function and what fills its parameters, in the order in which they are handed over.
struct FunctionCall {
  nb::object function;
  std::vector<Fill> fills;
  size_t positional = 0;  // so many at most may go without their names
};

struct Names {
  nb::object full_name = nb::str("_full_name");
  nb::object type = nb::str("_type");
  nb::object callable = nb::str("_callable");
  nb::object input_types = nb::str("_input_types");
  nb::object defaults = nb::str("_default_parameter_values");
  nb::object doc = nb::str("_doc");
  nb::object tags = nb::str("_tags");
  nb::object functions = nb::str("_originating_functions");
  nb::object function = nb::str("function");
  nb::object sources = nb::str("sources");
  nb::object values = nb::str("values");
  nb::object groups = nb::str("groups");
  nb::object keys = nb::str("keys");
  nb::object entries = nb::str("entries");
};

// What of weft.hamilton the compiler has to know; set by weft.hamilton.graph. Never destroyed.
struct Known {
  Names names;
  nb::object any;       // typing.Any
  nb::object optional;  // DependencyType.OPTIONAL
  nb::object bound;     // the class Bound
  nb::object types_match;
  nb::object check_input_type;
};
Known* known = nullptr;

nb::object get(nb::handle object, const nb::object& name) {
  auto value = nb::steal(PyObject_GetAttr(object.ptr(), name.ptr()));
  if (!value.is_valid()) throw nb::python_error();
  return value;
}

std::string text_of(nb::handle object) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
  if (!text) throw nb::python_error();
  return {text, static_cast<size_t>(size)};
}

nb::object interned(nb::handle text) {
  PyObject* own = text.inc_ref().ptr();
  PyUnicode_InternInPlace(&own);
  return nb::steal(own);
}

// Null where anything will do.
Type type_of_annotation(nb::handle annotation) {
  return annotation.is(known->any) ? nullptr : object_type_of(annotation);
}

// The resolver asks of each edge; types_match() is slow, and there are few pairs of types.
bool python_assignable(Type from, Type to) {
  const Gil gil;
  static auto* answers = new std::unordered_map<Type, std::unordered_map<Type, bool>>();
  auto& of_from = (*answers)[from];
  const auto known_answer = of_from.find(to);
  if (known_answer != of_from.end()) return known_answer->second;
  const nb::handle made = annotation_of(from);
  const nb::handle wanted = annotation_of(to);
  const bool fits = known && made.is_valid() && wanted.is_valid() &&
                    nb::cast<bool>(known->types_match(wanted, made));
  of_from.emplace(to, fits);
  return fits;
}

// ---- from a node's callable to a call ---------------------------------------------------------

// The parameters of a plain function that may be given by position, in their order.
std::vector<nb::object> parameters_of(nb::handle function, size_t& positional) {
  std::vector<nb::object> names;
  positional = 0;
  if (!PyFunction_Check(function.ptr())) return names;
  auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function.ptr()));
  const auto variables = nb::steal(PyCode_GetVarnames(code));
  positional = static_cast<size_t>(code->co_argcount);
  const auto count = static_cast<Py_ssize_t>(positional) + code->co_kwonlyargcount;
  for (Py_ssize_t i = 0; i < count; ++i) {
    names.push_back(nb::borrow(PyTuple_GET_ITEM(variables.ptr(), i)));
  }
  return names;
}

Fill fill_of_entry(nb::handle entry) {  // (is a node, its name or the value)
  Fill fill;
  if (nb::cast<bool>(entry[0])) {
    fill.source = text_of(entry[1]);
  } else {
    fill.value = nb::borrow(entry[1]);
  }
  return fill;
}

std::vector<Fill> fills_of_bound(nb::handle bound) {
  std::vector<Fill> fills;
  for (const auto& [parameter, source] : nb::borrow<nb::dict>(get(bound, known->names.sources))) {
    fills.push_back({.keyword = interned(parameter), .source = text_of(source)});
  }
  for (const auto& [parameter, value] : nb::borrow<nb::dict>(get(bound, known->names.values))) {
    fills.push_back({.keyword = interned(parameter), .value = nb::borrow(value)});
  }
  for (const auto& [parameter, group] : nb::borrow<nb::dict>(get(bound, known->names.groups))) {
    Fill fill = {.keyword = interned(parameter), .is_group = true};
    const nb::object keys = get(group, known->names.keys);
    if (!keys.is_none()) fill.keys = keys;
    for (const nb::handle entry : get(group, known->names.entries)) {
      fill.entries.push_back(fill_of_entry(entry));
    }
    fills.push_back(std::move(fill));
  }
  return fills;
}

FunctionCall call_of_node(nb::handle callable, nb::handle input_types) {
  FunctionCall call;
  if (nb::handle(Py_TYPE(callable.ptr())).is(known->bound)) {
    call.function = get(callable, known->names.function);
    call.fills = fills_of_bound(callable);
  } else {
    call.function = nb::borrow(callable);
    PyObject *name = nullptr, *kind = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(input_types.ptr(), &at, &name, &kind)) {
      call.fills.push_back({.keyword = interned(name), .source = text_of(name)});
    }
  }
  // In the order of the parameters, so that they need no names.
  size_t positional = 0;
  const std::vector<nb::object> parameters = parameters_of(call.function, positional);
  std::vector<Fill> ordered;
  ordered.reserve(call.fills.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    // Most functions' parameters are in order already.
    auto found = i < call.fills.size() && call.fills[i].keyword.is(parameters[i])
                     ? call.fills.begin() + static_cast<ptrdiff_t>(i)
                     : std::ranges::find_if(
                           call.fills,
                           [&](const Fill& fill) {
                             return fill.keyword.is_valid() && fill.keyword.is(parameters[i]);
                           });
    if (found == call.fills.end()) {
      positional = std::min(positional, ordered.size());
      continue;
    }
    ordered.push_back(std::move(*found));
    *found = Fill();
  }
  if (parameters.empty()) positional = 0;
  for (Fill& fill : call.fills) {
    if (fill.keyword.is_valid()) ordered.push_back(std::move(fill));
  }
  call.fills = std::move(ordered);
  call.positional = positional;
  return call;
}

// ---- the graph
// ------------------------------------------------------------------------------------

struct ProgramInput {
  uint32_t slot;
  nb::object name;
  nb::object type;  // None: anything
};

// A call with its arguments' slots. Constants have slots too, which are never emptied.
struct Instruction {
  struct Gather {
    uint32_t argument;
    nb::object keys;  // invalid: a list
    std::vector<uint32_t> slots;
  };
  PyObject* function = nullptr;  // owned by the graph
  std::vector<uint32_t> arguments;
  nb::object keywords;  // a tuple, or invalid
  size_t positional = 0;
  std::vector<Gather> gathers;
  std::vector<uint32_t> released;  // slots nobody reads any more
  uint32_t slot = 0;
  uint32_t node = 0;
};

class HamiltonGraph;

class HamiltonProgram {
 public:
  // Names in the order in which they run, inputs and overrides included.
  std::vector<std::string> order() const;
  /// {final: value}. `inputs` and `overrides` have at least what the program was compiled for.
  nb::object run(const nb::dict& inputs, const nb::dict& overrides) const;

  std::shared_ptr<const HamiltonGraph> graph;
  std::vector<nb::object> constants;  // [slots] what a slot holds from the start; or invalid
  std::vector<ProgramInput> inputs;
  std::vector<ProgramInput> overrides;
  std::vector<Instruction> instructions;
  std::vector<std::pair<nb::object, uint32_t>> finals;  // kNoSlot: nothing there
  std::vector<nb::object> returned_inputs;              // finals that are but inputs
  std::vector<uint32_t> needed;                         // nodes of the graph
  nb::object on_bad_inputs;

 private:
  void bind(const nb::dict& given, const std::vector<ProgramInput>& ports,
            std::vector<PyObject*>& slots, bool check) const;
};

class HamiltonGraph : public std::enable_shared_from_this<HamiltonGraph> {
 public:
  /// `typed` false: any type fits any other.
  HamiltonGraph(nb::list nodes, bool typed);

  const Graph& graph() const { return graph_; }
  const FunctionCall* call(uint32_t node) const { return calls_[node]; }

  // Of inputs: (name, annotation or None, names of who take it).
  nb::list inputs() const;
  nb::object compile(const std::vector<std::string>& finals, const nb::dict& config,
                     const std::vector<std::string>& given,
                     const std::vector<std::string>& overrides, nb::object on_bad_inputs) const;

 private:
  friend class Compiler;
  Graph graph_;
  std::vector<std::shared_ptr<FunctionCall>> own_;
  std::vector<FunctionCall*> calls_;  // [nodes of the graph] null: an input
};

// So that Weft's own engine can run the node as well: its inputs in the order of its parameters.
Value engine_call(const FunctionCall& call, const Definition& definition,
                  std::span<const Value> values) {
  const Gil gil;
  std::unordered_map<std::string_view, nb::object> by_name;
  for (size_t i = 0; i < values.size(); ++i) {
    by_name[definition.parameters[i].name] = to_python(values[i]);
  }
  const auto value_of = [&](const Fill& fill) {
    return fill.source.empty() ? fill.value : by_name.at(fill.source);
  };
  nb::dict keywords;
  for (const Fill& fill : call.fills) {
    if (!fill.is_group) {
      keywords[fill.keyword] = value_of(fill);
    } else if (!fill.keys.is_valid()) {
      nb::list list;
      for (const Fill& entry : fill.entries) list.append(value_of(entry));
      keywords[fill.keyword] = list;
    } else {
      nb::dict dict;
      for (size_t i = 0; i < fill.entries.size(); ++i) {
        dict[nb::object(fill.keys[i])] = value_of(fill.entries[i]);
      }
      keywords[fill.keyword] = dict;
    }
  }
  auto result = nb::steal(PyObject_Call(call.function.ptr(), nb::tuple().ptr(), keywords.ptr()));
  if (!result.is_valid()) throw Raised(nb::python_error());
  return from_python(result);
}

// The references of a call are given back with the GIL, whoever is the last to hold it.
std::shared_ptr<FunctionCall> shared_call(FunctionCall call) {
  return {new FunctionCall(std::move(call)), [](FunctionCall* own) {
            if (!Py_IsInitialized()) return;
            const Gil gil;
            delete own;
          }};
}

SourceLocation place_of(nb::handle functions) {
  if (functions.is_none() || PyObject_Size(functions.ptr()) < 1) return {};
  const nb::object function = nb::borrow(functions[0]);
  if (!PyFunction_Check(function.ptr())) return {};
  auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function.ptr()));
  return {text_of(code->co_filename), code->co_firstlineno};
}

HamiltonGraph::HamiltonGraph(nb::list nodes, bool typed) {
  const Names& names = known->names;
  Module module;
  module.name = "hamilton";
  std::unordered_map<const Definition*, size_t> numbers;
  for (const nb::handle node : nodes) {
    const nb::object input_types = get(node, names.input_types);
    const nb::object defaults = get(node, names.defaults);
    auto call = shared_call(call_of_node(get(node, names.callable), input_types));
    auto definition = std::make_shared<Definition>();
    definition->name = text_of(get(node, names.full_name));
    PyObject *name = nullptr, *kind = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(input_types.ptr(), &at, &name, &kind)) {
      Parameter p;
      p.name = text_of(name);
      if (typed) p.type = type_of_annotation(PyTuple_GET_ITEM(kind, 0));
      p.shape = Shape::kObject;
      p.nullable = true;  // None is a value like others here
      if (PyTuple_GET_ITEM(kind, 1) == known->optional.ptr()) {
        PyObject* value = PyDict_GetItemWithError(defaults.ptr(), name);
        const Type type = p.type ? p.type : object_type_of(known->any);
        p.default_value = object_value(type, nb::borrow(value ? value : Py_None));
      }
      definition->parameters.push_back(std::move(p));
    }
    if (typed) definition->result = type_of_annotation(get(node, names.type));
    definition->shape = Shape::kObject;
    definition->nullable = true;
    // A definition holds its call, and so is there when it is made.
    definition->call = [call, own = definition.get()](std::span<const Value> values) {
      return engine_call(*call, *own, values);
    };
    const nb::object doc = get(node, names.doc);
    if (PyUnicode_Check(doc.ptr())) definition->doc = text_of(doc);
    definition->where = place_of(get(node, names.functions));
    definition->language = "Python";
    const nb::object tags = get(node, names.tags);
    if (PyObject* in = PyDict_GetItemString(tags.ptr(), "module"); in && PyUnicode_Check(in)) {
      definition->module = text_of(in);
    }
    numbers.emplace(definition.get(), own_.size());
    own_.push_back(std::move(call));
    module.definitions.push_back(std::move(definition));
  }
  graph_ = Graph::resolve(std::span(&module, 1), {});
  calls_.resize(graph_.nodes().size());
  for (uint32_t i = 0; i < calls_.size(); ++i) {
    const Node& node = graph_.node(i);
    if (node.role == Role::kFunction) calls_[i] = own_[numbers.at(node.definition.get())].get();
  }
}

nb::list HamiltonGraph::inputs() const {
  nb::list out;
  for (uint32_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i]) continue;
    const Node& node = graph_.node(i);
    nb::list consumers;
    for (const uint32_t c : graph_.consumers(i))
      consumers.append(nb::str(graph_.node(c).name.c_str()));
    const nb::handle type = node.type ? annotation_of(node.type) : nb::handle();
    out.append(
        nb::make_tuple(node.name, type.is_valid() ? nb::borrow(type) : known->any, consumers));
  }
  return out;
}

// ---- from a graph to a program
// -----------------------------------------------------------------------

class Compiler {
 public:
  Compiler(const HamiltonGraph& graph, const nb::dict& config,
           const std::vector<std::string>& given, const std::vector<std::string>& overrides)
      : graph_(graph),
        nodes_(graph.graph().nodes()),
        config_(config),
        given_(given.begin(), given.end()),
        overrides_(overrides.begin(), overrides.end()),
        slots_(nodes_.size(), kNoSlot),
        program_(std::make_shared<HamiltonProgram>()) {
    program_->graph = graph.shared_from_this();
  }

  // The program; a list of what is missing: (input, names of who need it); or a list of unknown
  // names, as a pair ("unknown", names).
  nb::object run(const std::vector<std::string>& finals, nb::object on_bad_inputs) {
    program_->on_bad_inputs = std::move(on_bad_inputs);
    std::vector<uint32_t> stack;
    nb::list unknown;
    for (const std::string& name : finals) {
      const auto found = graph_.graph().find(name);
      if (found) {
        stack.push_back(static_cast<uint32_t>(*found));
      } else if (!is_given(name)) {
        unknown.append(nb::str(name.c_str()));
      }
    }
    if (nb::len(unknown) > 0) return nb::make_tuple("unknown", unknown);
    find_needed(stack);
    if (nb::list missing = find_missing(); nb::len(missing) > 0)
      return nb::make_tuple("missing", missing);
    lay_out();
    for (const std::string& name : finals) add_final(name);
    release();
    return nb::cast(std::shared_ptr<const HamiltonProgram>(program_));
  }

 private:
  bool is_given(const std::string& name) const {
    return given_.contains(name) || PyDict_GetItemString(config_.ptr(), name.c_str()) != nullptr;
  }
  bool is_cut(uint32_t node) const { return overrides_.contains(nodes_[node].name); }

  // A default that stands for an input nobody gives: the input is not needed.
  bool is_absent(const Edge& edge) const {
    const Node& source = nodes_[edge.source];
    return edge.optional && source.role == Role::kInput && !is_given(source.name);
  }

  void find_needed(std::vector<uint32_t> stack) {
    std::vector<uint8_t> seen(nodes_.size());
    for (const uint32_t node : stack) seen[node] = 1;
    while (!stack.empty()) {
      const uint32_t node = stack.back();
      stack.pop_back();
      program_->needed.push_back(node);
      if (is_cut(node)) continue;
      for (const Edge& edge : nodes_[node].edges) {
        if (seen[edge.source] || is_absent(edge)) continue;
        seen[edge.source] = 1;
        stack.push_back(static_cast<uint32_t>(edge.source));
      }
    }
    std::ranges::sort(program_->needed);  // nodes are in topological order
  }

  nb::list find_missing() const {
    std::map<std::string, nb::list> missing;
    for (const uint32_t node : program_->needed) {
      if (is_cut(node)) continue;
      for (const Edge& edge : nodes_[node].edges) {
        const Node& source = nodes_[edge.source];
        if (source.role != Role::kInput || edge.optional || is_given(source.name)) continue;
        missing[source.name].append(nb::str(nodes_[node].name.c_str()));
      }
    }
    nb::list out;
    for (const auto& [name, consumers] : missing) out.append(nb::make_tuple(name, consumers));
    return out;
  }

  uint32_t new_slot(nb::object constant = {}) {
    program_->constants.push_back(std::move(constant));
    return static_cast<uint32_t>(program_->constants.size() - 1);
  }

  nb::object annotation(const Node& node) const {
    const nb::handle type = node.type ? annotation_of(node.type) : nb::handle();
    return type.is_valid() ? nb::borrow(type) : nb::none();
  }

  void lay_out() {
    for (const uint32_t i : program_->needed) {
      const Node& node = nodes_[i];
      const nb::object name = interned(nb::str(node.name.c_str()));
      if (is_cut(i)) {
        slots_[i] = new_slot();
        program_->overrides.push_back({slots_[i], name, nb::none()});
      } else if (node.role == Role::kInput) {
        if (given_.contains(node.name)) {
          slots_[i] = new_slot();
          program_->inputs.push_back({slots_[i], name, annotation(node)});
        } else if (PyObject* value = PyDict_GetItem(config_.ptr(), name.ptr())) {
          slots_[i] = new_slot(nb::borrow(value));
        }
      } else {
        add_instruction(i);
      }
    }
  }

  // The slot of a node's value, or kNoSlot if a default stands for it.
  uint32_t slot_of(const std::string& name) const {
    const auto found = graph_.graph().find(name);
    return found ? slots_[*found] : kNoSlot;
  }

  void add_instruction(uint32_t i) {
    const FunctionCall& call = *graph_.call(i);
    Instruction in;
    in.function = call.function.ptr();
    in.node = i;
    nb::list keywords;
    bool by_name = false;
    for (size_t f = 0; f < call.fills.size(); ++f) {
      const Fill& fill = call.fills[f];
      uint32_t slot = kNoSlot;
      if (fill.is_group) {
        slot = new_slot();
        in.gathers.push_back(
            {static_cast<uint32_t>(in.arguments.size()), fill.keys, group_slots(fill)});
      } else if (fill.source.empty()) {
        slot = new_slot(fill.value);
      } else {
        slot = slot_of(fill.source);
        if (slot == kNoSlot) {  // its default; what follows needs its name
          by_name = true;
          continue;
        }
      }
      by_name |= f >= call.positional;
      if (by_name) keywords.append(fill.keyword);
      in.arguments.push_back(slot);
    }
    in.positional = in.arguments.size() - nb::len(keywords);
    if (nb::len(keywords) > 0) in.keywords = nb::tuple(keywords);
    in.slot = slots_[i] = new_slot();
    program_->instructions.push_back(std::move(in));
  }

  std::vector<uint32_t> group_slots(const Fill& group) {
    std::vector<uint32_t> slots;
    for (const Fill& entry : group.entries) {
      const uint32_t slot = entry.source.empty() ? new_slot(entry.value) : slot_of(entry.source);
      slots.push_back(slot == kNoSlot ? new_slot(nb::none()) : slot);
    }
    return slots;
  }

  void add_final(const std::string& name) {
    const auto found = graph_.graph().find(name);
    const nb::object key = interned(nb::str(name.c_str()));
    if (found) {
      program_->finals.emplace_back(key, slots_[*found]);
    } else if (PyObject* value = PyDict_GetItem(config_.ptr(), key.ptr())) {
      program_->finals.emplace_back(key, new_slot(nb::borrow(value)));
    } else {
      const uint32_t slot = new_slot();
      program_->inputs.push_back({slot, key, nb::none()});
      program_->finals.emplace_back(key, slot);
    }
  }

  // A value goes when the last call that takes it has returned.
  void release() {
    std::vector<uint8_t> kept(program_->constants.size());
    for (size_t s = 0; s < kept.size(); ++s) kept[s] = program_->constants[s].is_valid();
    for (const auto& [key, slot] : program_->finals) {
      if (slot != kNoSlot) kept[slot] = 1;
    }
    for (size_t i = program_->instructions.size(); i-- > 0;) {
      Instruction& in = program_->instructions[i];
      const auto last_use = [&](uint32_t slot) {
        if (kept[slot]) return;
        kept[slot] = 1;
        in.released.push_back(slot);
      };
      for (const uint32_t slot : in.arguments) last_use(slot);
      for (const auto& gather : in.gathers) std::ranges::for_each(gather.slots, last_use);
    }
  }

  const HamiltonGraph& graph_;
  const std::vector<Node>& nodes_;
  const nb::dict& config_;
  std::unordered_set<std::string> given_;
  std::unordered_set<std::string> overrides_;
  std::vector<uint32_t> slots_;  // [nodes]
  std::shared_ptr<HamiltonProgram> program_;
};

nb::object HamiltonGraph::compile(const std::vector<std::string>& finals, const nb::dict& config,
                                  const std::vector<std::string>& given,
                                  const std::vector<std::string>& overrides,
                                  nb::object on_bad_inputs) const {
  return Compiler(*this, config, given, overrides).run(finals, std::move(on_bad_inputs));
}

// ---- running
// -------------------------------------------------------------------------------------------

std::vector<std::string> HamiltonProgram::order() const {
  std::vector<std::string> names;
  for (const uint32_t node : needed) names.push_back(graph->graph().node(node).name);
  return names;
}

// Owned references, let go of however the run ends.
struct Slots {
  explicit Slots(const std::vector<nb::object>& constants) : values(constants.size()) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = constants[i].inc_ref().ptr();
  }
  ~Slots() {
    for (PyObject* value : values) Py_XDECREF(value);
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  std::vector<PyObject*> values;
};

bool fits(PyObject* value, nb::handle type) {
  if (value == Py_None || type.is_none()) return true;
  if (reinterpret_cast<PyObject*>(Py_TYPE(value)) == type.ptr()) return true;
  return nb::cast<bool>(known->check_input_type(type, nb::handle(value)));
}

void HamiltonProgram::bind(const nb::dict& given, const std::vector<ProgramInput>& ports,
                           std::vector<PyObject*>& slots, bool check) const {
  bool good = true;
  for (const ProgramInput& port : ports) {
    PyObject* value = PyDict_GetItemWithError(given.ptr(), port.name.ptr());
    if (!value) {
      if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, port.name.ptr());
      throw nb::python_error();
    }
    slots[port.slot] = Py_NewRef(value);
    good = good && (!check || fits(value, port.type));
  }
  if (good) return;
  nb::list bad;
  for (const ProgramInput& port : ports) {
    if (!fits(slots[port.slot], port.type)) {
      bad.append(nb::make_tuple(port.name, port.type, nb::borrow(slots[port.slot])));
    }
  }
  on_bad_inputs(bad);
}

nb::object gathered(const Instruction::Gather& gather, const std::vector<PyObject*>& slots) {
  const size_t n = gather.slots.size();
  if (!gather.keys.is_valid()) {
    auto list = nb::steal(PyList_New(static_cast<Py_ssize_t>(n)));
    for (size_t i = 0; i < n; ++i) {
      PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), Py_NewRef(slots[gather.slots[i]]));
    }
    return list;
  }
  nb::dict dict;
  for (size_t i = 0; i < n; ++i) {
    PyDict_SetItem(dict.ptr(), PyTuple_GET_ITEM(gather.keys.ptr(), i), slots[gather.slots[i]]);
  }
  return dict;
}

nb::object HamiltonProgram::run(const nb::dict& given, const nb::dict& overridden) const {
  Slots own(constants);
  std::vector<PyObject*>& slots = own.values;
  bind(given, inputs, slots, on_bad_inputs.is_valid() && !on_bad_inputs.is_none());
  bind(overridden, overrides, slots, false);
  std::vector<PyObject*> arguments;
  for (const Instruction& in : instructions) {
    for (const auto& gather : in.gathers) {
      PyObject*& slot = slots[in.arguments[gather.argument]];
      Py_XSETREF(slot, gathered(gather, slots).release().ptr());
    }
    const size_t n = in.arguments.size();
    // One place before them, which a bound method may use.
    arguments.resize(std::max(arguments.size(), n + 1));
    for (size_t i = 0; i < n; ++i) arguments[i + 1] = slots[in.arguments[i]];
    PyObject* result =
        PyObject_Vectorcall(in.function, arguments.data() + 1,
                            in.positional | PY_VECTORCALL_ARGUMENTS_OFFSET, in.keywords.ptr());
    if (!result) {
      nb::python_error error;
      // Who asks is told which node it was, and what it was given, without a frame of ours.
      nb::object value = nb::borrow(error.value());
      nb::dict inputs_of_node;
      for (size_t i = 0; i < n; ++i) {
        const bool named = i >= in.positional;
        const FunctionCall& call = *graph->call(in.node);
        const nb::object key =
            named ? nb::borrow(PyTuple_GET_ITEM(in.keywords.ptr(),
                                                static_cast<Py_ssize_t>(i - in.positional)))
                  : call.fills[i].keyword;
        inputs_of_node[key] = nb::borrow(slots[in.arguments[i]]);
      }
      const std::string& name = graph->graph().node(in.node).name;
      PyObject_SetAttrString(value.ptr(), "__weft_node__",
                             nb::make_tuple(name, inputs_of_node).ptr());
      PyErr_Clear();  // exceptions without a __dict__ are raised as they are
      error.restore();
      throw nb::python_error();
    }
    Py_XSETREF(slots[in.slot], result);
    for (const uint32_t slot : in.released) Py_CLEAR(slots[slot]);
  }
  nb::dict out;
  for (const auto& [key, slot] : finals) {
    PyObject* value = slot == kNoSlot ? Py_None : slots[slot];
    if (PyDict_SetItem(out.ptr(), key.ptr(), value ? value : Py_None) != 0)
      throw nb::python_error();
  }
  return out;
}

}  // namespace

void bind_hamilton(nb::module_& m) {
  nb::module_ h = m.def_submodule("hamilton", "Graphs of Python objects, for weft.hamilton.");
  h.def(
      "setup",
      [](nb::object any, nb::object optional, nb::object bound, nb::object types_match,
         nb::object check_input_type) {
        if (known) return;
        known = new Known{{},
                          std::move(any),
                          std::move(optional),
                          std::move(bound),
                          std::move(types_match),
                          std::move(check_input_type)};
        set_object_assignable(&python_assignable);
      },
      nb::arg("any"), nb::arg("optional"), nb::arg("bound"), nb::arg("types_match"),
      nb::arg("check_input_type"), "What the rest works with; called once.");
  nb::class_<HamiltonProgram>(h, "Program", "What runs for some outputs. Immutable.")
      .def("run", &HamiltonProgram::run, nb::arg("inputs"), nb::arg("overrides"))
      .def_prop_ro("order", &HamiltonProgram::order, "Names of what is needed, in order.");
  nb::class_<HamiltonGraph>(h, "Graph", "Nodes of Python functions, connected and checked.")
      .def(nb::new_([](nb::list nodes, bool typed) {
             return std::make_shared<HamiltonGraph>(std::move(nodes), typed);
           }),
           nb::arg("nodes"), nb::arg("typed"))
      .def_prop_ro("graph", &HamiltonGraph::graph)
      .def("inputs", &HamiltonGraph::inputs)
      .def("compile", &HamiltonGraph::compile, nb::arg("finals"), nb::arg("config"),
           nb::arg("given"), nb::arg("overrides"), nb::arg("on_bad_inputs").none());
}

}  // namespace weft::python
