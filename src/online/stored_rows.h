/// What the stores have in common: writes chunk by chunk, walks over all rows of a view.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "online/online_store.h"
#include "online/row_batch.h"
#include "online/row_codec.h"

namespace weft {

/// An OnlineStore of encoded rows. What it asks of the store below it is protected, and
/// thread-safe too.
class StoredRows : public OnlineStore {
 public:
  OnlineView view(OnlineViewId id) const override { return definition(id).view; }
  OnlineWriteReport write(OnlineViewId view, const Table& rows,
                          const OnlineRowColumns& columns) override;
  int64_t purge_features(std::string_view name, std::span<const std::string> features) override;
  std::unique_ptr<BatchReader> scan(OnlineViewId view, const OnlineRowColumns& columns) override;

 protected:
  friend class RowScan;

  struct Definition {
    OnlineView view;
    std::string json;  ///< as it is stored
  };
  struct Replacement {
    std::string key;
    std::string former;
    std::string row;
  };
  using Visit = std::function<void(std::string_view key, std::string_view row)>;

  /// As it is now. Throws Error(kNotFound).
  virtual Definition definition(OnlineViewId id) const = 0;
  /// Throws Error(kBadData) if there is no such schema. Schemas never change.
  virtual std::shared_ptr<const RowSchema> schema(uint32_t id) const = 0;
  /// The schema of rows of these columns; made, durably, if there is none.
  virtual std::shared_ptr<const RowSchema> schema_of(OnlineViewId view,
                                                     const std::vector<OnlineColumn>& columns) = 0;
  /// Atomic and durable. Nothing if the view's definition is another one by now.
  virtual std::optional<OnlineWriteReport> write_batch(OnlineViewId view,
                                                       const Definition& expected,
                                                       const RowSchema& schema,
                                                       const RowBatch& batch) = 0;
  /// About `max` rows more; `position` is empty at first, and says where to go on. False after the
  /// last.
  virtual bool walk(OnlineViewId view, std::string& position, size_t max,
                    const Visit& visit) const = 0;
  /// Those that still have the former row; how many.
  virtual int64_t replace(OnlineViewId view, std::span<const Replacement> rows) = 0;

  /// A schema that schema() has been asked for, so that it is asked for once.
  std::shared_ptr<const RowSchema> known_schema(uint32_t id) const;
  /// One of the known schemas, if it has these columns of this view.
  std::shared_ptr<const RowSchema> known_schema(OnlineViewId view,
                                                const std::vector<OnlineColumn>& columns) const;
  std::shared_ptr<const RowSchema> keep_schema(OnlineViewId view, uint32_t id,
                                               const std::vector<OnlineColumn>& columns) const;

 private:
  struct Known {
    OnlineViewId view = 0;
    std::shared_ptr<const RowSchema> schema;
  };
  OnlineWriteReport write_chunk(OnlineViewId view, const Table& rows,
                                const OnlineRowColumns& columns);

  mutable std::mutex schemas_mutex_;
  mutable std::map<uint32_t, Known> schemas_;
};

/// The error of a view that is not there.
Error unknown_view(std::string_view name, std::span<const std::string> views);
Error unknown_view(OnlineViewId id);

}  // namespace weft
