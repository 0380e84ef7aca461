// The online store in Redis: a string of bytes for each row, hashes for views and schemas
// (docs/formats/online-store.md).
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "online/redis_connection.h"
#include "online/redis_scripts.h"
#include "online/stored_json.h"
#include "online/stored_rows.h"

namespace weft {
namespace {

constexpr size_t kKeysOfOneCommand = 256;
enum Script : size_t { kDefine, kSchema, kWrite, kReplace, kPurge };

std::vector<RedisScript> all_scripts() {
  std::vector<RedisScript> scripts;
  for (const auto text :
       {kDefineScript, kSchemaScript, kWriteScript, kReplaceScript, kPurgeScript}) {
    scripts.push_back({std::string(text)});
  }
  return scripts;
}

[[noreturn]] void damaged(const char* what) {
  throw Error(ErrorCode::kBadData, std::string("the online store in Redis is damaged: ") + what);
}

uint32_t number_of(std::string_view text) {
  uint32_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) {
    damaged("a number is none");
  }
  return number;
}

int64_t integer(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_INTEGER) damaged("an answer is no number");
  return reply.integer;
}

// Nothing where there is no such key or field.
std::optional<std::string_view> text_of(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_NIL) return std::nullopt;
  if (reply.type != REDIS_REPLY_STRING) damaged("a key holds something else");
  return reply_text(reply);
}

std::span<redisReply* const> elements(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) damaged("an answer is no list");
  return {reply.element, reply.elements};
}

std::string row_prefix(const std::string& prefix, OnlineViewId view) {
  return prefix + ":row:" + std::to_string(view) + ":";
}

std::string quoted_for_match(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

std::shared_ptr<const RowSchema> schema_of_reply(uint32_t id, const redisReply& reply,
                                                 OnlineViewId* view = nullptr) {
  const auto json = text_of(reply);
  if (!json) damaged("a row has a schema that is not there");
  const StoredSchema stored = schema_from_json(*json);
  if (view) *view = stored.view;
  return std::make_shared<const RowSchema>(id, stored.columns);
}

// ---- reading ----

class RedisOnlineReader final : public OnlineReader {
 public:
  RedisOnlineReader(RedisAddress address, const RedisOptions& options)
      : prefix_(options.prefix),
        connection_(std::move(address), options, {}),
        rows_([this](uint32_t id) { return schema(id); }) {}

  size_t select(OnlineSelection selection) override {
    prefixes_.push_back(row_prefix(prefix_, selection.view));
    return rows_.select(std::move(selection));
  }
  void begin(Time now) override {
    end();
    rows_.begin(now);
  }
  void read(std::span<OnlineLookup> lookups) override {
    fill_commands(lookups);
    auto replies = connection_.run(commands_, Duration(0));
    size_t at = 0;
    for (const RedisReply& reply : replies) {
      for (const redisReply* each : elements(*reply)) {
        if (at == lookups.size()) damaged("an answer is too long");
        OnlineLookup& lookup = lookups[at++];
        if (const auto row = text_of(*each)) {
          rows_.read(lookup, *row);
        } else {
          rows_.not_found(lookup);
        }
      }
    }
    if (at != lookups.size()) damaged("an answer is too short");
    std::ranges::move(replies, std::back_inserter(replies_));
  }
  void end() noexcept override { replies_.clear(); }

 private:
  void fill_commands(std::span<const OnlineLookup> lookups) {
    size_t bytes = 0;
    for (const OnlineLookup& lookup : lookups) {
      bytes += prefixes_[lookup.selection].size() + lookup.key.size();
    }
    keys_.clear();
    keys_.reserve(bytes);  // words of commands point into it
    commands_.resize((lookups.size() + kKeysOfOneCommand - 1) / kKeysOfOneCommand);
    for (RedisCommand& command : commands_) command.assign(1, "MGET");
    for (size_t i = 0; i < lookups.size(); ++i) {
      const size_t from = keys_.size();
      keys_.append(prefixes_[lookups[i].selection]).append(lookups[i].key);
      commands_[i / kKeysOfOneCommand].push_back(std::string_view(keys_).substr(from));
    }
  }
  std::shared_ptr<const RowSchema> schema(uint32_t id) {
    const RedisReply reply =
        connection_.run({"HGET", prefix_ + ":schemas", std::to_string(id)}, Duration(0));
    return schema_of_reply(id, *reply);
  }

  std::string prefix_;
  RedisConnection connection_;
  RowReader rows_;
  std::vector<std::string> prefixes_;  // by selection
  std::string keys_;
  std::vector<RedisCommand> commands_;
  std::vector<RedisReply> replies_;
};

// ---- the store ----

class RedisStore final : public StoredRows {
 public:
  RedisStore(const RedisAddress& address, const RedisOptions& options);

  OnlineViewId define(const OnlineView& view) override;
  std::optional<OnlineViewId> find(std::string_view name) const override;
  std::vector<std::string> views() const override;
  std::unique_ptr<OnlineReader> reader() override {
    return std::make_unique<RedisOnlineReader>(connection_.address(), options_);
  }
  int64_t purge(std::string_view name) override;
  int64_t forget(OnlineViewId view, const Table& keys) override;
  int64_t num_keys(OnlineViewId view) const override;
  void sync() override {}
  std::string describe() const override { return "redis " + connection_.address().to_string(); }

 protected:
  Definition definition(OnlineViewId id) const override;
  std::shared_ptr<const RowSchema> schema(uint32_t id) const override;
  std::shared_ptr<const RowSchema> schema_of(OnlineViewId view,
                                             const std::vector<OnlineColumn>& columns) override;
  std::optional<OnlineWriteReport> write_batch(OnlineViewId view, const Definition& expected,
                                               const RowSchema& schema,
                                               const RowBatch& batch) override;
  bool walk(OnlineViewId view, std::string& position, size_t max,
            const Visit& visit) const override;
  int64_t replace(OnlineViewId view, std::span<const Replacement> rows) override;

 private:
  std::string name(const char* what) const { return options_.prefix + ":" + what; }
  std::vector<RedisReply> run(std::span<const RedisCommand> commands) const {
    std::lock_guard lock(mutex_);
    return connection_.run(commands, options_.retry_for);
  }
  RedisReply run(const RedisCommand& command) const {
    return std::move(run(std::span(&command, 1))[0]);
  }
  // The keys of some rows of a view, from SCAN.
  RedisReply scan_keys(OnlineViewId view, std::string& position, size_t max) const;
  int64_t remove_rows(OnlineViewId view);

  RedisOptions options_;
  mutable std::mutex mutex_;
  mutable RedisConnection connection_;
};

RedisStore::RedisStore(const RedisAddress& address, const RedisOptions& options)
    : options_(options), connection_(address, options, all_scripts()) {
  const std::string key = name("format"), format = std::to_string(kOnlineFormat);
  const RedisCommand commands[] = {{"SETNX", key, format}, {"GET", key}};
  const auto replies = run(commands);
  const auto found = text_of(*replies[1]);
  if (!found) damaged("its format is missing");
  if (number_of(*found) > kOnlineFormat) {
    throw Error(ErrorCode::kUnsupported, "a newer Weft made the online store at " + describe() +
                                             ": its format is " + std::string(*found) +
                                             ", known is " + format);
  }
}

// ---- views and schemas ----

OnlineViewId RedisStore::define(const OnlineView& view) {
  check_view(view);
  const std::string json = view_to_json(view), names = name("names"), by_id = name("views"),
                    next = name("next");
  for (;;) {
    const auto former = find(view.name);
    if (former) {
      const OnlineView known = definition(*former).view;
      if (!same_keys(known.keys, view.keys)) {
        throw Error(ErrorCode::kConflict, "view '" + view.name + "' is kept online by the keys (" +
                                              to_string(known.keys) + "), not by (" +
                                              to_string(view.keys) + "): purge it first");
      }
    }
    const std::string id = former ? std::to_string(*former) : "";
    const RedisReply reply =
        run({"EVALSHA", connection_.digest(kDefine), "3", names, by_id, next, view.name, id, json});
    if (const int64_t given = integer(*reply)) return static_cast<OnlineViewId>(given);
  }
}

std::optional<OnlineViewId> RedisStore::find(std::string_view view) const {
  const RedisReply reply = run({"HGET", name("names"), view});
  const auto id = text_of(*reply);
  return id ? std::optional(number_of(*id)) : std::nullopt;
}

std::vector<std::string> RedisStore::views() const {
  const RedisReply reply = run({"HKEYS", name("names")});
  std::vector<std::string> names;
  for (const redisReply* each : elements(*reply)) names.emplace_back(reply_text(*each));
  std::ranges::sort(names);
  return names;
}

StoredRows::Definition RedisStore::definition(OnlineViewId id) const {
  const RedisReply reply = run({"HGET", name("views"), std::to_string(id)});
  const auto json = text_of(*reply);
  if (!json) throw unknown_view(id);
  return {view_from_json(*json), std::string(*json)};
}

std::shared_ptr<const RowSchema> RedisStore::schema(uint32_t id) const {
  const RedisReply reply = run({"HGET", name("schemas"), std::to_string(id)});
  OnlineViewId view = 0;
  const auto schema = schema_of_reply(id, *reply, &view);
  return keep_schema(view, id, schema->columns());
}

std::shared_ptr<const RowSchema> RedisStore::schema_of(OnlineViewId view,
                                                       const std::vector<OnlineColumn>& columns) {
  if (auto known = known_schema(view, columns)) return known;
  const std::string json = schema_to_json(view, columns), numbers = name("schema_numbers"),
                    schemas = name("schemas"), next = name("next");
  const RedisReply reply =
      run({"EVALSHA", connection_.digest(kSchema), "3", numbers, schemas, next, json});
  return keep_schema(view, static_cast<uint32_t>(integer(*reply)), columns);
}

// ---- rows ----

std::optional<OnlineWriteReport> RedisStore::write_batch(OnlineViewId view, const Definition&,
                                                         const RowSchema& schema,
                                                         const RowBatch& batch) {
  const std::string prefix = row_prefix(options_.prefix, view), views = name("views"),
                    id = std::to_string(view);
  constexpr auto kStep = static_cast<size_t>(kRedisBatchRows);
  OnlineWriteReport report = batch.report();
  // A few steps at once, so that the server need not wait and memory is bounded.
  constexpr size_t kStepsOfOneRequest = 16;
  for (size_t from = 0; from < batch.size();) {
    const size_t end = std::min(batch.size(), from + kStep * kStepsOfOneRequest);
    std::string bytes;  // keys and rows one after another
    std::vector<size_t> ends;
    for (size_t i = from; i < end; ++i) {
      bytes.append(prefix).append(batch.key(i));
      ends.push_back(bytes.size());
      bytes.resize((bytes.size() + 7) & ~size_t{7});
      batch.append(bytes, schema, i);
      ends.push_back(bytes.size());
    }
    std::vector<RedisCommand> commands;
    std::vector<std::string> counts;
    const size_t steps = (end - from + kStep - 1) / kStep;
    for (size_t step = 0; step < steps; ++step) {
      counts.push_back(std::to_string(std::min(kStep, end - from - step * kStep) + 1));
    }
    for (size_t step = 0; step < steps; ++step) {
      RedisCommand command = {"EVALSHA", connection_.digest(kWrite), counts[step], views};
      const size_t first = step * kStep, last = std::min(end - from, first + kStep);
      const auto piece = [&](size_t begin, size_t until) {
        return std::string_view(bytes).substr(begin, until - begin);
      };
      for (size_t i = first; i < last; ++i) {
        command.push_back(piece(i ? ends[2 * i - 1] : 0, ends[2 * i]));
      }
      command.push_back(id);
      for (size_t i = first; i < last; ++i) {
        command.push_back(piece((ends[2 * i] + 7) & ~size_t{7}, ends[2 * i + 1]));
      }
      commands.push_back(std::move(command));
    }
    for (const RedisReply& reply : run(commands)) {
      const int64_t older = integer(*reply);
      if (older < 0) throw unknown_view(view);
      report.older += older;
      report.written -= older;
    }
    report.written += static_cast<int64_t>(end - from);
    from = end;
  }
  return report;
}

RedisReply RedisStore::scan_keys(OnlineViewId view, std::string& position, size_t max) const {
  const std::string pattern = quoted_for_match(row_prefix(options_.prefix, view)) + "*";
  const std::string cursor = position.empty() ? "0" : position;
  RedisReply reply = run({"SCAN", cursor, "MATCH", pattern, "COUNT", std::to_string(max)});
  if (elements(*reply).size() != 2) damaged("an answer is no scan");
  position = reply_text(*reply->element[0]);
  elements(*reply->element[1]);
  return reply;
}

bool RedisStore::walk(OnlineViewId view, std::string& position, size_t max,
                      const Visit& visit) const {
  const RedisReply found = scan_keys(view, position, max);
  const auto keys = elements(*found->element[1]);
  const size_t prefix = row_prefix(options_.prefix, view).size();
  if (!keys.empty()) {
    RedisCommand command = {"MGET"};
    for (const redisReply* key : keys) command.push_back(reply_text(*key));
    const RedisReply rows = run(command);
    for (size_t i = 0; i < std::min(keys.size(), elements(*rows).size()); ++i) {
      if (const auto row = text_of(*rows->element[i])) {
        visit(reply_text(*keys[i]).substr(prefix), *row);
      }
    }
  }
  return position != "0";
}

int64_t RedisStore::num_keys(OnlineViewId view) const {
  std::unordered_set<uint64_t> seen;  // SCAN may give a key twice
  std::string position;
  do {
    const RedisReply found = scan_keys(view, position, 4096);
    for (const redisReply* key : elements(*found->element[1])) {
      seen.insert(XXH3_64bits(key->str, key->len));
    }
  } while (position != "0");
  return static_cast<int64_t>(seen.size());
}

int64_t RedisStore::replace(OnlineViewId view, std::span<const Replacement> rows) {
  const std::string prefix = row_prefix(options_.prefix, view);
  int64_t count = 0;
  for (size_t from = 0; from < rows.size(); from += kRedisBatchRows) {
    const auto part = rows.subspan(from, std::min<size_t>(kRedisBatchRows, rows.size() - from));
    std::vector<std::string> keys;
    for (const Replacement& each : part) keys.push_back(prefix + each.key);
    const std::string size = std::to_string(part.size());
    RedisCommand command = {"EVALSHA", connection_.digest(kReplace), size};
    command.insert(command.end(), keys.begin(), keys.end());
    for (const Replacement& each : part) {
      command.push_back(each.former);
      command.push_back(each.row);
    }
    count += integer(*run(command));
  }
  return count;
}

int64_t RedisStore::forget(OnlineViewId view, const Table& keys) {
  const OnlineKeys encoded(definition(view).view.keys, keys);
  const std::string prefix = row_prefix(options_.prefix, view);
  std::vector<std::string> names;
  for (int64_t i = 0; i < encoded.size(); ++i) {
    if (!encoded.is_null(i)) names.push_back(prefix + std::string(encoded.at(i)));
  }
  int64_t count = 0;
  for (size_t from = 0; from < names.size(); from += kRedisBatchRows) {
    const size_t end = std::min(names.size(), from + static_cast<size_t>(kRedisBatchRows));
    RedisCommand command = {"UNLINK"};
    for (size_t i = from; i < end; ++i) command.push_back(names[i]);
    count += integer(*run(command));
  }
  return count;
}

// ---- purging ----

// A set has the numbers of views whose rows must still go, should this process end.
int64_t RedisStore::purge(std::string_view view) {
  const std::string names = name("names"), views = name("views"), gone = name("gone");
  const RedisReply reply =
      run({"EVALSHA", connection_.digest(kPurge), "3", names, views, gone, view});
  const int64_t purged = integer(*reply);
  const RedisReply members = run({"SMEMBERS", gone});
  int64_t count = 0;
  for (const redisReply* each : elements(*members)) {
    const OnlineViewId id = number_of(reply_text(*each));
    const int64_t removed = remove_rows(id);
    if (id == purged) count = removed;
    run({"SREM", gone, reply_text(*each)});
  }
  return count;
}

int64_t RedisStore::remove_rows(OnlineViewId view) {
  int64_t count = 0;
  std::string position;
  do {
    const RedisReply found = scan_keys(view, position, 4096);
    const auto keys = elements(*found->element[1]);
    if (keys.empty()) continue;
    RedisCommand command = {"UNLINK"};
    for (const redisReply* key : keys) command.push_back(reply_text(*key));
    count += integer(*run(command));
  } while (position != "0");
  const std::string schemas = name("schemas"), numbers = name("schema_numbers");
  const RedisReply all = run({"HGETALL", schemas});
  const auto pairs = elements(*all);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const std::string_view json = reply_text(*pairs[i + 1]);
    if (schema_from_json(json).view != view) continue;
    run({"HDEL", schemas, reply_text(*pairs[i])});
    run({"HDEL", numbers, json});
  }
  return count;
}

}  // namespace

std::unique_ptr<OnlineStore> open_redis_store(const std::string& url, const RedisOptions& options) {
  return std::make_unique<RedisStore>(parse_redis_url(url), options);
}

}  // namespace weft
