#include "online/lmdb_environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

namespace weft {
namespace {

// How long a map that must grow waits for this process's readers to end their transactions.
constexpr auto kReadersLeaveWithin = std::chrono::seconds(30);
// A commit may leave the last pages that it took and gave back unwritten: so much may be missing
// from the end of a file that is whole.
constexpr size_t kUnwrittenPagesMax = 256;

// Thrown out of a change and caught by update(): to be repeated with a larger map.
struct MapFull {};

ErrorCode code_of(int status) {
  switch (status) {
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
      return ErrorCode::kBadData;
    case MDB_VERSION_MISMATCH:
      return ErrorCode::kUnsupported;
    case MDB_MAP_FULL:
    case MDB_READERS_FULL:
    case MDB_TXN_FULL:
    case ENOMEM:
      return ErrorCode::kResourceLimit;
    default:
      return ErrorCode::kIo;
  }
}

[[noreturn]] void throw_status(const std::string& folder, const char* doing, int status) {
  const ErrorCode code = code_of(status);
  std::string message = std::string("cannot ") + doing + " the online store '" + folder +
                        "': " + mdb_strerror(status);
  if (code == ErrorCode::kBadData) {
    message += "; its file data.mdb is damaged: remove the folder and materialize again";
  } else if (status == MDB_PANIC) {
    message += "; a write failed in a way that only opening the store again mends";
  } else if (status == MDB_READERS_FULL) {
    message += "; more readers than readers_max, which the first process that opens it decides";
  }
  throw Error(code, message);
}

MDB_val val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};  // LMDB writes to none of them
}

std::string_view text(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// The environments of this process. An entry goes when its environment is closed: until then
// nobody may open the file again, or LMDB's locks on it would be lost.
struct Registry {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<std::string, std::weak_ptr<LmdbEnvironment>> open;
};
Registry& registry() {
  static auto* registry = new Registry;  // outlives what static objects hold
  return *registry;
}

}  // namespace

// ---- writing ----

LmdbWrite::LmdbWrite(const std::string& folder, MDB_txn* txn, MDB_dbi dbi) : folder_(folder) {
  if (const int status = mdb_cursor_open(txn, dbi, &cursor_)) fail(status);
}

LmdbWrite::~LmdbWrite() {
  if (cursor_) mdb_cursor_close(cursor_);
}

void LmdbWrite::fail(int status) const {
  if (status == MDB_MAP_FULL) throw MapFull();
  throw_status(folder_, "write to", status);
}

std::optional<std::string_view> LmdbWrite::get(std::string_view key) {
  MDB_val k = val(key), value;
  const int status = mdb_cursor_get(cursor_, &k, &value, MDB_SET);
  if (status == MDB_NOTFOUND) return std::nullopt;
  if (status) fail(status);
  return text(value);
}

void LmdbWrite::put(std::string_view key, std::string_view value) {
  MDB_val k = val(key), v = val(value);
  if (const int status = mdb_cursor_put(cursor_, &k, &v, 0)) fail(status);
}

bool LmdbWrite::erase(std::string_view key) {
  if (!get(key)) return false;
  if (const int status = mdb_cursor_del(cursor_, 0)) fail(status);
  return true;
}

std::optional<std::pair<std::string_view, std::string_view>> LmdbWrite::first_from(
    std::string_view key) {
  MDB_val k = val(key), value;
  const int status = mdb_cursor_get(cursor_, &k, &value, MDB_SET_RANGE);
  if (status == MDB_NOTFOUND) return std::nullopt;
  if (status) fail(status);
  return std::pair(text(k), text(value));
}

// ---- the environment ----

std::shared_ptr<LmdbEnvironment> LmdbEnvironment::open(const std::string& folder,
                                                       const LmdbOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = error ? "" : std::filesystem::canonical(folder, error).string();
  if (error) {
    throw Error(ErrorCode::kIo,
                "cannot make the folder '" + folder + "' of the online store: " + error.message());
  }
  std::unique_lock lock(registry().mutex);
  for (;;) {
    const auto found = registry().open.find(path);
    if (found == registry().open.end()) break;
    if (auto environment = found->second.lock()) return environment;
    registry().closed.wait(lock);
  }
  std::shared_ptr<LmdbEnvironment> environment(new LmdbEnvironment(folder, options),
                                               [path](LmdbEnvironment* closing) {
                                                 delete closing;
                                                 std::lock_guard guard(registry().mutex);
                                                 registry().open.erase(path);
                                                 registry().closed.notify_all();
                                               });
  registry().open[path] = environment;
  return environment;
}

LmdbEnvironment::LmdbEnvironment(std::string folder, const LmdbOptions& options)
    : folder_(std::move(folder)) {
  if (const int status = mdb_env_create(&env_)) fail("open", status);
  try {
    int status = mdb_env_set_mapsize(env_, static_cast<size_t>(options.map_bytes));
    if (!status) {
      status = mdb_env_set_maxreaders(env_, static_cast<unsigned>(options.readers_max));
    }
    if (!status) status = mdb_env_open(env_, folder_.c_str(), MDB_NOTLS, 0644);
    if (status) fail("open", status);
    check_file();
    int dead = 0;
    mdb_reader_check(env_, &dead);
    MDB_txn* txn = nullptr;
    if ((status = begin_write(txn))) fail("open", status);
    status = mdb_dbi_open(txn, nullptr, 0, &dbi_);
    mdb_txn_abort(txn);
    if (status) fail("open", status);
  } catch (...) {
    mdb_env_close(env_);
    throw;
  }
}

LmdbEnvironment::~LmdbEnvironment() { mdb_env_close(env_); }

// LMDB reads through its map: a page that is missing at the end of the file would end the process.
void LmdbEnvironment::check_file() {
  MDB_txn* txn = nullptr;
  if (const int status = begin_write(txn)) fail("open", status);  // nobody else writes meanwhile
  MDB_envinfo info;
  MDB_stat stat;
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  int file = -1;
  mdb_env_get_fd(env_, &file);
  struct stat status = {};
  const size_t wanted = (info.me_last_pgno + 1) * stat.ms_psize;
  bool whole = ::fstat(file, &status) == 0;
  if (whole && static_cast<size_t>(status.st_size) < wanted) {
    const size_t missing = wanted - static_cast<size_t>(status.st_size);
    whole = missing <= kUnwrittenPagesMax * stat.ms_psize &&
            ::ftruncate(file, static_cast<off_t>(wanted)) == 0;
  }
  mdb_txn_abort(txn);
  if (!whole) fail("open", MDB_CORRUPTED);
}

void LmdbEnvironment::fail(const char* doing, int status) const {
  throw_status(folder_, doing, status);
}

int LmdbEnvironment::begin_write(MDB_txn*& txn) {
  for (;;) {
    if (broken_) return ENOMEM;
    const int status = mdb_txn_begin(env_, nullptr, 0, &txn);
    if (status != MDB_MAP_RESIZED) return status;
    resize(0);
  }
}

void LmdbEnvironment::update(const std::function<void(LmdbWrite&)>& change) {
  std::lock_guard lock(write_mutex_);
  int dead = 0;
  mdb_reader_check(env_, &dead);  // what a killed reader held can be used again
  while (!try_update(change)) {
    MDB_envinfo info;
    mdb_env_info(env_, &info);
    resize(info.me_mapsize * 2);
  }
}

bool LmdbEnvironment::try_update(const std::function<void(LmdbWrite&)>& change) {
  MDB_txn* txn = nullptr;
  if (const int status = begin_write(txn)) fail("write to", status);
  try {
    LmdbWrite write(folder_, txn, dbi_);
    change(write);
  } catch (const MapFull&) {
    mdb_txn_abort(txn);
    return false;
  } catch (...) {
    mdb_txn_abort(txn);
    throw;
  }
  const int status = mdb_txn_commit(txn);
  if (status && status != MDB_MAP_FULL) fail("write to", status);
  return status == MDB_SUCCESS;
}

void LmdbEnvironment::sync() {
  if (const int status = mdb_env_sync(env_, 1)) fail("sync", status);
}

void LmdbEnvironment::resize(size_t bytes) {
  std::unique_lock gate(gate_mutex_);
  resizing_ = true;
  const bool left = gate_changed_.wait_for(gate, kReadersLeaveWithin, [this] {
    return std::ranges::none_of(readers_,
                                [](const LmdbRead* each) { return each->inside_.load(); });
  });
  int status = MDB_SUCCESS;
  if (left) {
    MDB_envinfo before;
    mdb_env_info(env_, &before);
    status = mdb_env_set_mapsize(env_, bytes);
    // Without address space for more LMDB is left without a map: the former one again.
    if (status && mdb_env_set_mapsize(env_, before.me_mapsize)) broken_ = true;
  }
  resizing_ = false;
  gate_changed_.notify_all();
  if (!left) {
    throw Error(ErrorCode::kResourceLimit,
                "the online store '" + folder_ +
                    "' must map more of its file, but a reader of this process has stayed between "
                    "begin() and end() for half a minute");
  }
  if (status) fail("map more of", status);
}

// The two flags are written and then read crosswise: one of reader and resizer sees the other.
void LmdbEnvironment::enter(LmdbRead& reader) {
  for (;;) {
    reader.inside_.store(true);
    if (!resizing_.load()) break;
    reader.inside_.store(false);
    std::unique_lock gate(gate_mutex_);
    gate_changed_.notify_all();
    gate_changed_.wait(gate, [this] { return !resizing_.load(); });
  }
}

void LmdbEnvironment::leave(LmdbRead& reader) noexcept {
  reader.inside_.store(false);
  if (!resizing_.load()) return;
  std::lock_guard gate(gate_mutex_);
  gate_changed_.notify_all();
}

// ---- reading ----

LmdbRead::LmdbRead(std::shared_ptr<LmdbEnvironment> environment)
    : environment_(std::move(environment)) {
  std::lock_guard gate(environment_->gate_mutex_);
  environment_->readers_.push_back(this);
}

LmdbRead::~LmdbRead() {
  end();
  if (txn_) mdb_txn_abort(txn_);
  std::lock_guard gate(environment_->gate_mutex_);
  std::erase(environment_->readers_, this);
}

void LmdbRead::begin() {
  WEFT_CHECK(!open_ && "end() comes before the next begin()");
  LmdbEnvironment& environment = *environment_;
  bool checked = false;
  for (;;) {
    environment.enter(*this);
    const int status = environment.broken_ ? ENOMEM
                       : txn_              ? mdb_txn_renew(txn_)
                              : mdb_txn_begin(environment.env_, nullptr, MDB_RDONLY, &txn_);
    if (status == MDB_SUCCESS) break;
    environment.leave(*this);
    if (status == MDB_MAP_RESIZED) {
      std::lock_guard lock(environment.write_mutex_);
      environment.resize(0);
    } else if (status == MDB_READERS_FULL && !checked) {
      checked = true;
      int dead = 0;
      mdb_reader_check(environment.env_, &dead);
    } else {
      environment.fail("read", status);
    }
  }
  open_ = true;
}

void LmdbRead::end() noexcept {
  if (!open_) return;
  mdb_txn_reset(txn_);
  open_ = false;
  environment_->leave(*this);
}

void LmdbRead::walk(std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) {
  MDB_cursor* opened = nullptr;
  if (const int status = mdb_cursor_open(txn_, environment_->dbi_, &opened)) {
    environment_->fail("read", status);
  }
  const std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)> cursor(opened, mdb_cursor_close);
  MDB_val key = val(from), value;
  int status = mdb_cursor_get(opened, &key, &value, MDB_SET_RANGE);
  while (status == MDB_SUCCESS && visit(text(key), text(value))) {
    status = mdb_cursor_get(opened, &key, &value, MDB_NEXT);
  }
  if (status && status != MDB_NOTFOUND) environment_->fail("read", status);
}

}  // namespace weft
