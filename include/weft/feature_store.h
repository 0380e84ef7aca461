/// What a feature store is made of, as values: features return them, YAML describes them, the
/// registry keeps them. A definition without a name gets that of the node that returns it.
///
///   FEATURE(Entity, driver, ()) { return {.keys = {{"driver_id", int64_type()}}}; }
///   FEATURE(FeatureView, trip_stats, (Entity driver, Source trips)) {
///     return {.entities = {driver}, .source = trips, .features = {"trip_km", "is_weekend"},
///             .ttl = 36h};
///   }
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weft/definition.h"
#include "weft/table.h"

namespace weft {

/// That something should be used no more, and why: shown where it is listed. A service that takes
/// it is warned of when definitions are applied, and after `until` refused.
struct Deprecated {
  std::string reason = {};
  std::string until = {};  ///< the last day, UTC: "2025-06-30"; empty: not settled

  bool operator==(const Deprecated&) const = default;
};

/// What rows are about: a driver, a customer and a shop. Its keys say which one.
struct Entity {
  static constexpr bool kNamedByNode = true;

  std::string name = {};
  Schema keys = {};  ///< at least one; each checked where it is read and asked for
  std::string description = {};
  std::string owner = {};
  Tags tags = {};
};

/// Where rows come from.
struct Source {
  static constexpr bool kNamedByNode = true;
  enum class Kind : uint8_t {
    kFile,     ///< `path`: files by extension, a glob, a folder or a Delta table
    kQuery,    ///< `path`: the URL of a database; `query`: one SELECT
    kTable,    ///< `path`: a node that yields a Table
    kPush,     ///< rows are pushed; `history` has those of before
    kRequest,  ///< the values come with each request
  };

  std::string name = {};
  Kind kind = Kind::kFile;
  std::string path = {};
  std::string query = {};
  /// Column of the event time: a timestamp, or whole numbers in `time_unit`.
  std::string time = {};
  /// Column of when the row became known (Feast: created). Empty: when it was ingested.
  std::string known = {};
  std::string time_unit = "us";  ///< of whole numbers: s, ms, us or ns since the epoch
  /// Columns that must be there, with their types; others are let be. Empty: not declared.
  Schema columns = {};
  std::vector<std::string> not_null = {};           ///< of `columns`
  std::map<std::string, std::string> renamed = {};  ///< column as stored -> as it is called here
  std::string history = {};                         ///< of kPush: the name of another source
  std::optional<Duration> freshness = {};           ///< how old its newest row may be
  std::string description = {};
  std::string owner = {};
  Tags tags = {};
};
std::string_view source_kind_name(Source::Kind kind);

/// Features of some entities out of one source: columns that it declares, nodes of the graph,
/// computed over its rows, or other columns that it has.
struct FeatureView {
  static constexpr bool kNamedByNode = true;

  std::string name = {};
  std::vector<Entity> entities = {};  ///< none: one row for all
  Source source = {};
  std::vector<std::string> features = {};
  /// How long a value is good for; nothing: for ever; 0: at the very instant only.
  std::optional<Duration> ttl = {};
  bool online = true;   ///< the latest values are kept for requests
  bool offline = true;  ///< history is kept
  std::string description = {};
  std::string owner = {};
  Tags tags = {};
  std::optional<Deprecated> deprecated = {};
  std::map<std::string, Deprecated> deprecated_features = {};  ///< of `features`

  /// The keys of all entities, in order.
  Schema keys() const;
};

/// What a service takes of a view.
struct ViewSelection {
  std::string view = {};
  std::vector<std::string> features = {};        ///< empty: all
  std::string alias = {};                        ///< prefix of full names in place of the view's
  std::map<std::string, std::string> keys = {};  ///< key of the view -> key of the request

  ViewSelection() = default;
  ViewSelection(const FeatureView& from) : view(from.name) {}  // NOLINT: a view is all of it
  ViewSelection(std::string from, std::vector<std::string> chosen, std::string as = {},
                std::map<std::string, std::string> key_map = {})
      : view(std::move(from)),
        features(std::move(chosen)),
        alias(std::move(as)),
        keys(std::move(key_map)) {}
};

/// The features of one model or use, under one name.
struct FeatureService {
  static constexpr bool kNamedByNode = true;

  std::string name = {};
  std::vector<ViewSelection> views = {};
  /// Nodes of the graph that are computed in the request, from features and the request's values.
  std::vector<std::string> on_demand = {};
  std::string description = {};
  std::string owner = {};
  Tags tags = {};
  std::optional<Deprecated> deprecated = {};
};

/// A training set that was written: of what, for which rows, and what stood then.
struct SavedDataset {
  std::string name = {};
  std::string service = {};                ///< or `features`
  std::vector<std::string> features = {};  ///< "view:feature"
  std::string spine = {};                  ///< where its rows came from, in words
  std::string path = {};
  int64_t rows = 0;
  Time time = {};  ///< when it was made
  std::string user = {};
  std::string fit = {};  ///< what it was computed with, if with a fit: a file
  int64_t registry_version = 0;
  std::map<std::string, std::string> fingerprints = {};  ///< of each "view:feature"
};

/// A model that takes a service's features: who is asked before these change.
struct Model {
  std::string name = {};
  std::string version = {};  ///< empty: the next number
  std::string service = {};
  std::vector<std::string> datasets = {};  ///< names of those that it was fitted on
  std::string fit = {};                    ///< a file
  std::string owner = {};
  Tags tags = {};
  Time time = {};  ///< when it was registered
  std::string user = {};
  int64_t registry_version = 0;
};

/// All definitions of one project. In each list names are unique; lists are sorted by name.
struct StoreDefinitions {
  std::vector<Entity> entities;
  std::vector<Source> sources;
  std::vector<FeatureView> views;
  std::vector<FeatureService> services;
};

}  // namespace weft
