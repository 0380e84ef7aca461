/// The rows of sources and views: read, held against what was declared, computed.
#pragma once

#include "store/standing.h"
#include "weft/delta_table.h"
#include "weft/driver.h"
#include "weft/store.h"

namespace weft {

/// Columns of rows that were pushed or written, beside the source's own.
inline constexpr const char* kIngestTime = "weft_ingest_time";  ///< when Weft took the row
inline constexpr const char* kSequence = "weft_sequence";       ///< the order in which it did

/// The rows of a view, columns called as the view calls them.
struct ViewRows {
  Table table;
  std::string event_time;
  std::string known_time = {};  ///< empty: the source has none
  std::string sequence = {};
};

/// Nothing: not known.
struct SourceSize {
  std::optional<int64_t> rows;
  std::optional<int64_t> bytes;  ///< as stored
};

/// What reading a view takes. Borrows all of it.
class ViewReader {
 public:
  ViewReader(const Driver& driver, const StoreOptions& options, const Standing& standing)
      : driver_(driver), options_(options), standing_(standing) {}

  /// Everything known of a view: of its source and what was written to it, features computed.
  /// Throws Error(kConflict) if a feature's code is not the one that was applied, Error(kBadData)
  /// naming source, owner and the features it breaks if the source is not what it declares.
  ViewRows history(const FeatureView& view, std::span<const std::string> features) const;

  /// Everything known of a source: its files or tables, or those of its history, as declared, and
  /// what was pushed or written to it. Throws Error(kUnsupported) for one whose values come with
  /// requests, Error(kBadData) for one that is not what it declares.
  Table source_rows(const Source& source) const;
  /// The source that has the stored rows: a push source's history, or itself.
  const Source& stored_source(const Source& source) const;
  std::string path_of(const Source& source) const;
  /// Is a feature of the view computed by the graph, rather than a column of its source?
  bool is_computed(const FeatureView& view, const std::string& feature) const;

  /// Features computed from rows of the view's source that have its columns: a push. Throws
  /// Error(kUnsupported) for a feature that needs all rows.
  ViewRows of_rows(const FeatureView& view, std::span<const std::string> features,
                   const Table& rows, std::vector<CheckReport>* checks = nullptr) const;

  /// Rows as a source declares them: renamed, times converted, columns there and of their types.
  Table as_declared(const Source& source, const Table& rows) const;

  /// The type of a feature; null if nobody can tell without reading.
  Type feature_type(const FeatureView& view, const std::string& feature) const;

  /// How many rows of a source's own files or tables have one of these keys.
  int64_t count_stored(const Source& source, const Table& keys) const;
  /// How much history() would read, as far as that can be told without reading.
  SourceSize size_of(const FeatureView& view) const;

  /// What history() would be made of, in words: it changes when a file or table does.
  std::string version_of(const FeatureView& view) const;

 private:
  Table stored_rows(const Source& source) const;
  SourceSize stored_size(const Source& source) const;
  std::string node_version(const std::string& name) const;
  void check_fingerprints(const FeatureView& view, std::span<const std::string> features) const;
  std::string broken_by(const Source& source) const;

  const Driver& driver_;
  const StoreOptions& options_;
  const Standing& standing_;
};

/// "source trips (owner fleet)".
std::string name_with_owner(const Source& source);
/// The folder of what was pushed or written to a source.
std::string written_rows_folder(const StoreOptions& options, const std::string& source);
/// How such tables are written: LZ4, which is a third larger than zstd at most, and reads in half
/// the time.
DeltaOptions written_rows_options();

}  // namespace weft
