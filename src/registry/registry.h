/// The registry: every version of a project's definitions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "registry/spec.h"
#include "weft/clock.h"

namespace weft {

/// A definition as it is kept.
struct Registered {
  std::string spec;  ///< to_json() of it
  /// Of a view: of each feature the fingerprint of what makes it, and its type's name (empty: known
  /// only from the source).
  struct Feature {
    std::string fingerprint;
    std::string type = {};
    bool operator==(const Feature&) const = default;
  };
  std::map<std::string, Feature> features = {};
  std::string place = {};  ///< where it was written; of no meaning to whether it changed
  bool is_same(const Registered& other) const {
    return spec == other.spec && features == other.features;
  }
};
using RegisteredSet = std::map<DefinitionId, Registered>;

/// One apply.
struct RegistryVersion {
  int64_t number = 0;  ///< from 1; 0: before the first
  Time time = {};
  std::string user = {};
  std::string note = {};
  /// What was created, changed and removed: "+ view trips", "~ view trips", "- view trips".
  std::vector<std::string> changes = {};
};

/// Something that is recorded beside the definitions, when it happens, and has no versions of the
/// registry: "dataset", "model".
struct RegistryRecord {
  std::string kind;
  std::string name;
  std::string version = {};  ///< of the thing itself, if it has any
  std::string spec = {};     ///< JSON
};

/// Thread-safe unless said otherwise; several processes may share one.
class Registry {
 public:
  virtual ~Registry() = default;

  /// The newest version; number 0 if there is none.
  virtual RegistryVersion head() = 0;
  /// Newest first.
  virtual std::vector<RegistryVersion> history(const std::string& project) = 0;
  /// What stood at a version (default: the newest). Throws Error(kNotFound).
  virtual RegisteredSet read(const std::string& project, std::optional<int64_t> version = {}) = 0;
  /// Makes `wanted` what stands, as the next version, in one transaction. `base` is the version
  /// that the caller looked at: if another one was applied to the project since, nothing changes
  /// and Error(kConflict) tells who did. Returns the new version, or the head if nothing changed.
  virtual RegistryVersion apply(const std::string& project, const RegisteredSet& wanted,
                                int64_t base, const std::string& user, const std::string& note,
                                const Clock& clock = Clock::system()) = 0;
  /// The version of a project that stands; 0: none.
  virtual int64_t standing(const std::string& project) = 0;

  /// Records something. If one of its kind, name and version is there, takes its place, or throws
  /// Error(kAlreadyExists) unless `replace`.
  virtual void put(const std::string& project, const RegistryRecord& record, bool replace) = 0;
  /// By name, those of one name in the order in which they came.
  virtual std::vector<RegistryRecord> records(const std::string& project,
                                              const std::string& kind) = 0;
  /// Of all versions, or of one; how many there were.
  virtual int64_t remove(const std::string& project, const std::string& kind,
                         const std::string& name, std::optional<std::string> version = {}) = 0;

  /// Somebody took features of these services or views; an earlier time changes nothing.
  virtual void note_reads(const std::string& project, std::span<const DefinitionId> read,
                          Time time) = 0;
  /// When each was read last, as far as that was noted.
  virtual std::map<DefinitionId, Time> last_reads(const std::string& project) = 0;
};

/// In one file, made if there is none. Throws Error(kIo, kBadData), Error(kUnsupported) for a file
/// of a newer Weft.
std::unique_ptr<Registry> open_sqlite_registry(const std::string& path);
/// In the schema `weft_registry` of a PostgreSQL database, which the first apply makes: for several
/// machines that write. Of two that apply at once one waits for the other, and is then told. A lost
/// connection is made anew. Throws Error(kIo); messages have no password.
std::unique_ptr<Registry> open_postgres_registry(const std::string& url);

/// A store's registry: at `url`, if that is not empty, else the file in its folder. `create` makes
/// the folder; without it a registry that is not there is an empty one in memory.
std::unique_ptr<Registry> open_registry(const std::string& url, const std::string& directory,
                                        bool create);
std::string registry_path(const std::string& directory);

}  // namespace weft
