// Requests for the latest values: keys in, one read for all of them, functions on top.
#include <fmt/format.h>

#include <cstring>

#include "data/slots.h"
#include "exec/program.h"
#include "online/online_key.h"
#include "store/online_plan.h"

namespace weft {

std::string_view feature_status_name(FeatureStatus status) {
  switch (status) {
    case FeatureStatus::kPresent:
      return "PRESENT";
    case FeatureStatus::kNull:
      return "NULL_VALUE";
    case FeatureStatus::kNotFound:
      return "NOT_FOUND";
    case FeatureStatus::kOutsideMaxAge:
      return "OUTSIDE_MAX_AGE";
    case FeatureStatus::kInvalid:
      return "INVALID";
  }
  return "";
}

namespace {

constexpr int64_t kRowsAtFirst = 128;

FeatureStatus status_of(OnlineStatus status) {
  switch (status) {
    case OnlineStatus::kPresent:
      return FeatureStatus::kPresent;
    case OnlineStatus::kNull:
      return FeatureStatus::kNull;
    case OnlineStatus::kExpired:
      return FeatureStatus::kOutsideMaxAge;
    case OnlineStatus::kNotFound:
    case OnlineStatus::kAbsent:
      break;
  }
  return FeatureStatus::kNotFound;
}

// A slot like the one at `from`, whose texts and lists lie in the arena.
void copy_slot(Type type, const void* from, void* to, Arena& arena) {
  if (type->kind == Kind::kString) {
    *static_cast<std::string_view*>(to) = arena.copy(*static_cast<const std::string_view*>(from));
  } else if (type->kind == Kind::kList) {
    const ListView list = *static_cast<const ListView*>(from);
    const size_t size = type->element->size;
    char* copy = arena.take_slots(type->element, list.size);
    for (int64_t i = 0; i < list.size; ++i) {
      const size_t at = static_cast<size_t>(i) * size;
      copy_slot(type->element, static_cast<const char*>(list.data) + at, copy + at, arena);
    }
    *static_cast<ListView*>(to) = {copy, list.size};
  } else {
    std::memcpy(to, from, type->size);
  }
}

}  // namespace

struct FeatureReader::State {
  struct Input {
    Type type;
    std::unique_ptr<SlotBuffer> slots;
    std::vector<char> set;  // by row: it is there

    char* slot(int64_t row) const { return slots->data() + static_cast<size_t>(row) * type->size; }
    bool is_set(int64_t row) const { return set[static_cast<size_t>(row)] != 0; }
  };
  struct Cell {
    const void* slot = nullptr;
    Time event_time = {};
    FeatureStatus status = FeatureStatus::kNotFound;
  };

  explicit State(OnlinePlan p) : plan(std::move(p)), made(*plan.state()) {
    for (const OnlineInput& input : made.inputs) inputs.push_back({input.type, nullptr, {}});
    if (made.store) {
      reader = made.store->reader();
      for (const auto& view : made.views) selections.push_back(reader->select(view.selection));
    }
    if (made.functions) runner.emplace(made.functions->rows(made.fixed));
    grow(kRowsAtFirst);
  }

  void grow(int64_t wanted) {
    if (wanted <= capacity) return;
    capacity = std::max(wanted, capacity * 2);
    for (Input& input : inputs) input.slots = std::make_unique<SlotBuffer>(input.type, capacity);
  }

  Cell& cell(int64_t row, size_t output) {
    return cells[static_cast<size_t>(row) * made.outputs.size() + output];
  }

  void read_views() {
    key_bytes.clear();
    key_ends.clear();
    for (int64_t row = 0; row < rows; ++row) {
      for (const auto& view : made.views) {
        append_key(row, view);
        key_ends.push_back(key_bytes.size());
      }
    }
    lookups.resize(key_ends.size());
    for (size_t i = 0; i < lookups.size(); ++i) {
      const size_t from = i ? key_ends[i - 1] : 0;
      lookups[i].selection = selections[i % selections.size()];
      lookups[i].key = {key_bytes.data() + from, key_ends[i] - from};
    }
    now_us = made.clock->now().time_since_epoch().count();
    reader->begin(Time(Duration(now_us)));
    reader->read(lookups);
    size_t i = 0;
    for (int64_t row = 0; row < rows; ++row) {
      for (const auto& view : made.views) take(row, view, lookups[i++]);
    }
  }

  void append_key(int64_t row, const OnlinePlan::State::View& view) {
    for (const size_t key : view.keys) {
      append_key_part(key_bytes, inputs[key].type, inputs[key].slot(row));
    }
  }

  void take(int64_t row, const OnlinePlan::State::View& view, const OnlineLookup& lookup) {
    for (size_t f = 0; f < view.outputs.size(); ++f) {
      Cell& out = cell(row, view.outputs[f]);
      const OnlineCell& found = lookup.cells[f];
      out = {found.slot, lookup.found ? lookup.event_time : Time(), status_of(found.status)};
    }
  }

  void run_functions(int64_t row) {
    for (const auto& from : made.function_inputs) {
      const void* slot = nullptr;
      if (from.is_output) {
        slot = cell(row, from.from).slot;
      } else if (inputs[from.from].is_set(row)) {
        slot = inputs[from.from].slot(row);
      } else if (const auto& given = defaults()[from.input]) {
        runner->set_value(from.input, *given);
        continue;
      }
      if (slot) {
        runner->set_slot(from.input, slot);
      } else {
        runner->set_null(from.input);
      }
    }
    bool failed = false;
    try {
      runner->run();
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kFunctionFailed && e.code() != ErrorCode::kCheckFailed) throw;
      failed = true;
    }
    for (size_t f = 0; f < made.function_outputs.size(); ++f) {
      Cell& out = cell(row, made.function_outputs[f]);
      const void* slot = failed ? nullptr : runner->slot(f);
      out = {nullptr, Time(), failed ? FeatureStatus::kInvalid : FeatureStatus::kNull};
      if (!slot) continue;
      const Type type = made.outputs[made.function_outputs[f]].type;
      char* copy = arena.take_slots(type, 1);
      copy_slot(type, slot, copy, arena);
      out.slot = copy;
      out.status = FeatureStatus::kPresent;
    }
  }

  const std::vector<std::optional<Value>>& defaults() const {
    return made.functions->program().input_defaults;
  }

  void require_inputs() const {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!made.inputs[i].required) continue;
      for (int64_t row = 0; row < rows; ++row) {
        if (inputs[i].is_set(row)) continue;
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{} {} is missing or null in row {} of the request",
                                made.inputs[i].is_key ? "key" : "input", made.inputs[i].name, row));
      }
    }
  }

  OnlinePlan plan;
  const OnlinePlan::State& made;
  std::unique_ptr<OnlineReader> reader;
  std::vector<size_t> selections;
  std::optional<RowRunner> runner;
  int64_t rows = 0;
  int64_t capacity = 0;
  int64_t now_us = 0;
  std::vector<Input> inputs;
  std::vector<Cell> cells;
  std::string key_bytes;
  std::vector<size_t> key_ends;
  std::vector<OnlineLookup> lookups;
  Arena arena;  // texts and lists of inputs, and what functions gave
};

FeatureReader::FeatureReader(OnlinePlan plan) : state_(new State(std::move(plan))) {}
FeatureReader::~FeatureReader() {
  if (state_) end();
}
FeatureReader::FeatureReader(FeatureReader&&) noexcept = default;

const OnlinePlan& FeatureReader::plan() const { return state_->plan; }

void FeatureReader::begin(int64_t rows) {
  end();
  State& s = *state_;
  s.rows = rows;
  s.grow(rows);
  s.arena.reset();
  for (State::Input& input : s.inputs) input.set.assign(static_cast<size_t>(rows), 0);
  s.cells.assign(static_cast<size_t>(rows) * s.made.outputs.size(), {});
}

void FeatureReader::begin(const Table& rows) {
  begin(rows.num_rows());
  for (size_t i = 0; i < state_->inputs.size(); ++i) {
    const std::string& name = state_->made.inputs[i].name;
    if (!rows.has(name)) continue;
    const ColumnData column = rows.column(name).as(state_->inputs[i].type);
    for (int64_t row = 0; row < column.size(); ++row) set_value(row, i, column.at(row));
  }
}

void FeatureReader::set_slot(int64_t row, size_t input, const void* slot) {
  State::Input& in = state_->inputs[input];
  copy_slot(in.type, slot, in.slot(row), state_->arena);
  in.set[static_cast<size_t>(row)] = 1;
}

void FeatureReader::set_value(int64_t row, size_t input, const Value& value) {
  State::Input& in = state_->inputs[input];
  if (!value.has_value()) {
    in.set[static_cast<size_t>(row)] = 0;
    return;
  }
  try {
    in.type->unbox(in.type, value.as(in.type), in.slot(row), state_->arena);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("{}, row {} of the request: {}",
                                      state_->made.inputs[input].name, row, e.message()));
  }
  in.set[static_cast<size_t>(row)] = 1;
}

void FeatureReader::run() {
  State& s = *state_;
  s.require_inputs();
  if (s.reader) s.read_views();
  if (!s.runner) return;
  for (int64_t row = 0; row < s.rows; ++row) s.run_functions(row);
}

void FeatureReader::end() {
  State& s = *state_;
  if (!s.reader) return;
  s.reader->end();
  // One of the readers of the plan, after its answer.
  int64_t due = s.made.note_due.load(std::memory_order_relaxed);
  if (s.now_us < due) return;
  const int64_t next = s.now_us + kPlanNotedEvery.count();
  if (s.made.note_due.compare_exchange_strong(due, next)) s.made.note_read();
}

int64_t FeatureReader::rows() const { return state_->rows; }
FeatureStatus FeatureReader::status(int64_t row, size_t output) const {
  return state_->cell(row, output).status;
}
const void* FeatureReader::slot(int64_t row, size_t output) const {
  return state_->cell(row, output).slot;
}
Time FeatureReader::event_time(int64_t row, size_t output) const {
  return state_->cell(row, output).event_time;
}

Value FeatureReader::value(int64_t row, size_t output) const {
  const Type type = state_->made.outputs[output].type;
  const void* slot = state_->cell(row, output).slot;
  return slot ? type->box(type, slot) : Value::null(type);
}

Table FeatureReader::table() const {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (size_t o = 0; o < state_->made.outputs.size(); ++o) {
    ColumnBuilder builder(state_->made.outputs[o].type);
    for (int64_t row = 0; row < state_->rows; ++row) {
      const void* slot = state_->cell(row, o).slot;
      slot ? builder.append_stored(slot) : builder.append_null();
    }
    columns.emplace_back(state_->made.outputs[o].name, builder.finish());
  }
  return Table(std::move(columns));
}

Table FeatureStore::get_online_features(const FeatureRequest& request, const Table& rows) const {
  FeatureReader reader(online_plan(request));
  for (const OnlineInput& input : reader.plan().inputs()) {
    if (rows.has(input.name) || !input.required) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the rows have no column {}, which is {} of the request", input.name,
                            input.is_key ? "a key" : "an input"));
  }
  reader.begin(rows);
  reader.run();
  Table out = rows;
  const Table features = reader.table();
  for (const std::string& name : features.names()) {
    out = out.with_column(name, features.column(name));
  }
  return out;
}

}  // namespace weft
