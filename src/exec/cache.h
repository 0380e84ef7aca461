/// The result cache in a run: which values of a plan are kept, and what need not be computed.
#pragma once

#include <unordered_map>

#include "exec/cache_store.h"
#include "exec/run_state.h"

namespace weft {

/// A value that is kept, and what its key is made of beside its fingerprint: the nearest values
/// above it that are not pure functions of others (inputs, calls that nobody asked to keep) or are
/// kept themselves. Whatever lies between is deterministic, and its code is in the fingerprint.
struct CachedOp {
  OpId op = kNoOp;
  size_t node = 0;
  CacheBehavior behavior = CacheBehavior::kDefault;
  std::vector<OpId> boundary;
};

struct CachePlan {
  std::shared_ptr<CacheStore> store;
  std::vector<CachedOp> cached;  ///< in topological order
  std::vector<OpId> versioned;   ///< inputs and calls whose contents are part of some key
};

/// Null if nothing of the program is to be kept. Notes in Program::watched what has to stay until
/// the cache has seen it, so it is called before schedule().
std::shared_ptr<const CachePlan> plan_cache(Program& program, std::shared_ptr<CacheStore> store,
                                            const CacheOptions& options);

/// What the cache asks of the run it serves.
class CacheHost {
 public:
  virtual ~CacheHost() = default;
  /// Takes a value in place of computing it.
  virtual void provide(OpId op, Value value) = 0;
  /// The cache has seen a watched value.
  virtual void seen(OpId op) = 0;
};

/// One run. Not thread-safe: called between the waves of steps.
class CacheSession {
 public:
  CacheSession(const Program& program, RunState& state, CacheHost& host);

  /// Once the inputs are there: finds what is kept and provides what is needed of it.
  void start();
  /// Of a step that has not run. What is not needed never will be.
  bool needed(uint32_t step) const { return needed_steps_[step]; }
  /// After the steps of a wave ran: versions and keeps what they made, and looks up what has
  /// become known.
  void after(std::span<const uint32_t> steps);

  std::vector<CacheReport>& log() { return log_; }

 private:
  enum class Status : uint8_t { kUnknown, kFound, kMissed, kDone };
  struct Work {
    Status status = Status::kUnknown;
    std::string key;
    CacheParts parts;
    CacheStore::Entry entry;
    bool provided = false;
  };

  void version_inputs();
  void look_up();
  bool make_key(size_t i);
  void find_needed();
  void need_op(OpId op, std::vector<OpId>& stack);
  bool provide_found();
  bool provide(size_t i);
  void version(OpId op);
  void keep(size_t i);
  void log(size_t i, std::string outcome, std::string reason, int64_t bytes = 0);
  const CachedOp& cached(size_t i) const { return program_.cache->cached[i]; }
  bool is_found(OpId op) const;

  const Program& program_;
  RunState& state_;
  CacheHost& host_;
  std::vector<uint32_t> step_of_;  // [ops]
  std::unordered_map<OpId, size_t> index_;
  std::vector<Work> work_;
  std::unordered_map<OpId, std::string> versions_;
  std::unordered_map<OpId, std::string> unversioned_;  // why
  std::vector<uint8_t> needed_ops_;
  std::vector<uint8_t> needed_steps_;
  std::vector<uint8_t> ran_;
  std::vector<CacheReport> log_;
};

}  // namespace weft
