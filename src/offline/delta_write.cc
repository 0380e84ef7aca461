// What changes a table's rows: appending, overwriting, removing.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/text_form.h"
#include "io/filter.h"
#include "offline/delta_commit.h"
#include "offline/delta_removal.h"
#include "offline/delta_rows.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

using delta::Conform;
using delta::DataWriter;
using delta::Draft;
using delta::TableSchema;

std::string json_list(const std::vector<std::string>& names) {
  return nlohmann::json(names).dump();
}

Table empty_rows(const Schema& schema) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, type] : schema) {
    columns.emplace_back(name, ColumnData::of_values(type, {}));
  }
  return Table(std::move(columns));
}

// Calls `use` with the rows as columns of the table, block by block.
template <class F>
void each_block(const Table& rows, const TableSchema& schema, const Conform& how,
                const std::string& table, F&& use) {
  conformed(empty_rows(rows.schema()), schema, how, table);  // also where there are no rows
  const auto reader = rows.read(rows.names());
  while (const auto block = reader->next()) use(conformed(*block, schema, how, table));
}

delta::WriteLayout layout_for(const DeltaTable::State& state, const TableSchema& schema) {
  delta::WriteLayout layout = layout_of(state.log.table(), *state.snapshot, state.options);
  layout.schema = schema;
  return layout;
}

void note_growth(const DeltaTable::State& state, const TableSchema& schema, Draft& draft) {
  if (schema.columns().size() == state.snapshot->schema.columns().size()) return;
  draft.actions.metadata = state.snapshot->metadata;
  draft.actions.metadata->schema = schema.to_text();
}

DeltaCommit commit_files(DeltaTable::State& state, Draft draft, const DeltaCommitOptions& options,
                         DataWriter& writer) {
  bool keep_files = false;
  try {
    DeltaCommit result = state.commit(std::move(draft), options, keep_files);
    if (!result.already_committed) writer.release();
    return result;
  } catch (...) {
    if (keep_files) writer.release();
    throw;
  }
}

DeltaCommit remove_rows_by(DeltaTable::State& state, std::shared_ptr<const delta::RowRule> rule,
                           const std::string& predicate, const DeltaCommitOptions& options) {
  state.check_removable();
  state.check_rewritable();
  DataWriter writer(layout_for(state, state.snapshot->schema));
  delta::Removal removal =
      remove_by(*rule, state.snapshot, state.log.table(), state.now_ms(), writer);
  if (removal.files.empty() && !options.transaction) {
    DeltaCommit nothing;
    nothing.version = state.snapshot->version;
    return nothing;
  }
  Draft draft{.operation = "DELETE", .parameters = {}, .actions = {}};
  draft.parameters["predicate"] = json_list({predicate});
  draft.actions.adds = writer.finish();
  draft.actions.removes = std::move(removal.files);
  draft.reads = [rule](const delta::AddFile& file) { return rule->may_hold(file); };
  DeltaCommit result = commit_files(state, std::move(draft), options, writer);
  if (!result.already_committed) result.rows_removed = removal.rows;
  return result;
}

// ---- overwriting
// ---------------------------------------------------------------------------------

// What an overwrite removes, and which files of others it would have removed from.
struct Replaced {
  delta::Removal removal;
  std::function<bool(const delta::AddFile&)> reads;
};

void check_one_choice(const DeltaOverwrite& options) {
  const int choices = (options.filter.empty() ? 0 : 1) + (options.partitions ? 1 : 0) +
                      (options.keys.empty() ? 0 : 1);
  if (choices < 2) return;
  throw Error(ErrorCode::kInvalidArgument,
              "an overwrite replaces the rows of a filter, of partitions or of keys: expected at "
              "most one of the three");
}

Replaced replace_files(const DeltaTable::State& state,
                       const std::function<bool(const delta::AddFile&)>& wanted) {
  Replaced out;
  delta::AddFiles gone;
  for (const auto& file : state.snapshot->files) {
    if (!wanted(*file)) continue;
    gone.push_back(file);
    out.removal.files.push_back(delta::removal_of(*file, state.now_ms()));
  }
  out.removal.rows = delta::count_rows(gone).value_or(-1);
  out.reads = wanted;
  return out;
}

Replaced replace_partitions(const DeltaTable::State& state, const delta::AddFiles& added) {
  if (state.snapshot->metadata.partition_columns.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the table {} has no partitions to be overwritten", state.log.table()));
  }
  std::set<delta::PartitionTexts> partitions;
  for (const auto& file : added) partitions.insert(file->partition);
  return replace_files(state, [partitions](const delta::AddFile& file) {
    return partitions.contains(file.partition);
  });
}

Replaced replace_rows(const DeltaTable::State& state, std::shared_ptr<const delta::RowRule> rule,
                      DataWriter& writer) {
  state.check_rewritable();
  Replaced out;
  out.removal = remove_by(*rule, state.snapshot, state.log.table(), state.now_ms(), writer);
  out.reads = [rule](const delta::AddFile& file) { return rule->may_hold(file); };
  return out;
}

// Writes the new rows; gives their keys, if keys are what is replaced.
Table write_new_rows(const DeltaTable::State& state, const Table& rows, const TableSchema& schema,
                     const DeltaOverwrite& options, DataWriter& writer) {
  const std::string& table = state.log.table();
  const Filter filter = bind_filter(options.filter, schema.readable(), "the Delta table " + table);
  std::vector<Table> keys;
  each_block(rows, schema, {options.grow_schema, options.fill_missing}, table,
             [&](const Table& block) {
               const int64_t fitting = filter_rows(block, filter).num_rows();
               if (fitting != block.num_rows()) {
                 throw Error(ErrorCode::kInvalidArgument,
                             fmt::format("{} of the new rows do not meet the filter of what they "
                                         "replace ({})",
                                         block.num_rows() - fitting, delta::to_string(filter)));
               }
               if (!options.keys.empty()) keys.push_back(distinct(block.select(options.keys)));
               writer.write(block);
             });
  if (!keys.empty()) return Table::concat(keys);
  Schema none;
  for (const std::string& name : options.keys) {
    if (const delta::Column* column = schema.find(name); column && column->weft) {
      none.push_back({name, column->weft});
    }
  }
  return empty_rows(none);
}

std::string mode_of(const DeltaOverwrite& options) {
  return options.partitions ? "Overwrite partitions" : "Overwrite";
}

}  // namespace

DeltaCommit DeltaTable::append(const Table& rows, const DeltaAppend& options) {
  State& state = *state_;
  if (auto done = state.committed_before(options.commit)) return *done;
  state.snapshot->check_writable(path());
  const Conform how{options.grow_schema, options.fill_missing};
  const TableSchema schema = grown(state.snapshot->schema, rows.schema(), how, path());
  DataWriter writer(layout_for(state, schema));
  each_block(rows, schema, how, path(), [&](const Table& block) { writer.write(block); });
  Draft draft{.operation = "WRITE", .parameters = {}, .actions = {}};
  draft.parameters = {{"mode", "Append"}, {"partitionBy", json_list(partition_columns())}};
  draft.blind = true;
  draft.actions.adds = writer.finish();
  note_growth(state, schema, draft);
  DeltaCommit result = commit_files(state, std::move(draft), options.commit, writer);
  if (!result.already_committed) result.rows_added = writer.rows();
  return result;
}

DeltaCommit DeltaTable::overwrite(const Table& rows, const DeltaOverwrite& options) {
  State& state = *state_;
  if (auto done = state.committed_before(options.commit)) return *done;
  check_one_choice(options);
  state.snapshot->check_writable(path());
  state.check_removable();
  const Conform how{options.grow_schema, options.fill_missing};
  const TableSchema schema = grown(state.snapshot->schema, rows.schema(), how, path());
  const delta::WriteLayout layout = layout_for(state, schema);
  DataWriter writer(layout);
  const Table keys = write_new_rows(state, rows, schema, options, writer);
  const int64_t rows_added = writer.rows();
  Draft draft{.operation = "WRITE", .parameters = {}, .actions = {}};
  draft.parameters = {{"mode", mode_of(options)}, {"partitionBy", json_list(partition_columns())}};
  Replaced replaced;
  if (!options.filter.empty()) {
    draft.parameters["predicate"] = delta::to_string(options.filter);
    replaced = replace_rows(state, rule_of_filter(state.snapshot, options.filter, path()), writer);
  } else if (!options.keys.empty()) {
    draft.parameters["keys"] = json_list(options.keys);
    replaced = replace_rows(state, rule_of_keys(state.snapshot, keys, path()), writer);
  }
  draft.actions.adds = writer.finish();
  if (options.partitions) {
    replaced = replace_partitions(state, draft.actions.adds);
  } else if (options.filter.empty() && options.keys.empty()) {
    replaced = replace_files(state, [](const delta::AddFile&) { return true; });
  }
  draft.actions.removes = std::move(replaced.removal.files);
  draft.reads = std::move(replaced.reads);
  note_growth(state, schema, draft);
  DeltaCommit result = commit_files(state, std::move(draft), options.commit, writer);
  if (result.already_committed) return result;
  result.rows_added = rows_added;
  result.rows_removed = replaced.removal.rows;
  return result;
}

DeltaCommit DeltaTable::remove_rows(const Filter& filter, const DeltaCommitOptions& options) {
  if (auto done = state_->committed_before(options)) return *done;
  if (filter.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the filter of rows to be removed has no condition; overwrite with no rows "
                "removes all");
  }
  state_->snapshot->check_writable(path());
  return remove_rows_by(*state_, rule_of_filter(state_->snapshot, filter, path()),
                        delta::to_string(filter), options);
}

DeltaCommit DeltaTable::remove_rows(const Table& keys, const DeltaCommitOptions& options) {
  if (auto done = state_->committed_before(options)) return *done;
  state_->snapshot->check_writable(path());
  const std::string predicate =
      fmt::format("{} of {} keys", fmt::join(keys.names(), ", "), keys.num_rows());
  return remove_rows_by(*state_, rule_of_keys(state_->snapshot, keys, path()), predicate, options);
}

}  // namespace weft
