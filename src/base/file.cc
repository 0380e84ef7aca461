#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace weft {
namespace {

namespace fs = std::filesystem;

int result_of(int status) { return status == 0 ? 0 : errno; }

// Old file systems cannot keep an existing target or swap names in one call.
bool not_supported(int errno_value) {
  return errno_value == EINVAL || errno_value == ENOSYS || errno_value == EOPNOTSUPP ||
         errno_value == EISDIR;
}

void remove_tree(const std::string& path) noexcept {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

FileOps& FileOps::local() {
  static FileOps ops;
  return ops;
}

int FileOps::open_unnamed(const std::string& folder, int& fd) {
  fd = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  return fd >= 0 ? 0 : errno;
}

int FileOps::create(const std::string& path, int& fd) {
  fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  return fd >= 0 ? 0 : errno;
}

int FileOps::write(int fd, const char* data, size_t n, size_t& written) {
  const ssize_t done = ::write(fd, data, n);
  written = done > 0 ? static_cast<size_t>(done) : 0;
  return done >= 0 ? 0 : errno;
}

int FileOps::sync(int fd) { return result_of(::fsync(fd)); }
int FileOps::close(int fd) { return result_of(::close(fd)); }

int FileOps::link(int fd, const std::string& path) {
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  return result_of(::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW));
}

int FileOps::rename(const std::string& from, const std::string& to) {
  return result_of(::rename(from.c_str(), to.c_str()));
}

int FileOps::rename_new(const std::string& from, const std::string& to) {
  const int status =
      result_of(::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE));
  if (!not_supported(status)) return status;
  if (const int linked = result_of(::link(from.c_str(), to.c_str()))) return linked;
  return result_of(::unlink(from.c_str()));
}

int FileOps::exchange(const std::string& a, const std::string& b) {
  return result_of(::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE));
}

int FileOps::make_folder(const std::string& path) { return result_of(::mkdir(path.c_str(), 0777)); }
int FileOps::remove(const std::string& path) { return result_of(::unlink(path.c_str())); }

int FileOps::sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int status = result_of(::fsync(fd));
  ::close(fd);
  return status;
}

int FileOps::sync_all(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int status = result_of(::syncfs(fd));
  ::close(fd);
  return status;
}

Error file_error(std::string_view doing, const std::string& path, int errno_value) {
  ErrorCode code = ErrorCode::kIo;
  if (errno_value == ENOENT || errno_value == ENOTDIR) code = ErrorCode::kNotFound;
  if (errno_value == EEXIST || errno_value == ENOTEMPTY) code = ErrorCode::kAlreadyExists;
  return Error(code, fmt::format("cannot {} {}: {}", doing, path,
                                 std::generic_category().message(errno_value)));
}

AtomicFile::AtomicFile(std::string path, Overwrite overwrite, FileOps& ops, Durable durable)
    : path_(std::move(path)), overwrite_(overwrite), ops_(ops), durable_(durable) {
  std::error_code ignored;
  if (fs::is_symlink(path_, ignored)) {
    const fs::path target = fs::weakly_canonical(path_, ignored);
    if (!ignored) path_ = target.string();
  }
  struct stat found{};
  if (::stat(path_.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) {
      throw Error(ErrorCode::kIo, fmt::format("cannot write {}: it is a folder", path_));
    }
    if (!S_ISREG(found.st_mode)) {
      direct_ = true;
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd_ < 0) throw file_error("write", path_, errno);
      return;
    }
    if (overwrite_ == Overwrite::kFail) throw file_error("write", path_, EEXIST);
    mode_ = found.st_mode & 07777;
  }
  int status = ops_.open_unnamed(folder_of(path_), fd_);
  if (not_supported(status)) {
    temporary_ = temporary_name(path_);
    status = ops_.create(temporary_, fd_);
    if (status != 0) temporary_.clear();
  }
  if (status == ENOENT || status == ENOTDIR) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("cannot write {}: there is no folder {}", path_, folder_of(path_)));
  }
  if (status != 0) throw file_error("write", path_, status);
}

AtomicFile::~AtomicFile() { give_up(); }

void AtomicFile::give_up() noexcept {
  if (fd_ >= 0) ops_.close(fd_);
  fd_ = -1;
  if (!temporary_.empty()) ops_.remove(temporary_);
  temporary_.clear();
}

void AtomicFile::fail(std::string_view doing, int errno_value) {
  give_up();
  throw file_error(doing, path_, errno_value);
}

void AtomicFile::write(std::string_view bytes) {
  if (fd_ < 0) throw Error(ErrorCode::kIo, fmt::format("{} is no longer being written", path_));
  size_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    size_t written = 0;
    const int status = ops_.write(fd_, bytes.data(), bytes.size(), written);
    if (status == EINTR) continue;
    if (status != 0) fail("write", status);
    bytes.remove_prefix(written);
  }
}

void AtomicFile::commit() {
  if (fd_ < 0) throw Error(ErrorCode::kIo, fmt::format("{} is no longer being written", path_));
  if (direct_) {
    give_up();
    return;
  }
  if (mode_ != 0) ::fchmod(fd_, mode_);
  if (durable_ == Durable::kNow) {
    if (const int status = ops_.sync(fd_)) fail("write", status);
  }
  int status = 0;
  if (temporary_.empty()) {
    // An unnamed file cannot replace a named one: it gets a hidden name for the time of a rename.
    const bool final_name = overwrite_ == Overwrite::kFail || mode_ == 0;
    status = final_name ? ops_.link(fd_, path_) : EEXIST;
    if (status == EEXIST && overwrite_ == Overwrite::kReplace) {
      temporary_ = temporary_name(path_);
      status = ops_.link(fd_, temporary_);
      if (status == 0) status = ops_.rename(temporary_, path_);
    }
  } else if (overwrite_ == Overwrite::kFail) {
    status = ops_.rename_new(temporary_, path_);
  } else {
    status = ops_.rename(temporary_, path_);
  }
  if (status != 0) fail("write", status);
  temporary_.clear();
  const int closed = ops_.close(fd_);
  fd_ = -1;
  if (closed != 0) throw file_error("write", path_, closed);
  if (durable_ == Durable::kLater) return;
  if (const int synced = ops_.sync_folder(folder_of(path_))) {
    throw file_error("make sure of", path_, synced);
  }
}

AtomicFolder::AtomicFolder(std::string path, Overwrite overwrite, FileOps& ops)
    : path_(std::move(path)), overwrite_(overwrite), ops_(ops) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
  std::error_code ignored;
  if (fs::exists(path_, ignored)) {
    if (!fs::is_directory(path_, ignored)) {
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("cannot write the folder {}: a file of that name exists", path_));
    }
    if (overwrite_ == Overwrite::kFail && !fs::is_empty(path_, ignored)) {
      throw file_error("write", path_, EEXIST);
    }
  }
  staging_ = temporary_name(path_);
  if (const int status = ops_.make_folder(staging_)) {
    staging_.clear();
    throw file_error("write", path_, status);
  }
}

AtomicFolder::~AtomicFolder() {
  if (!staging_.empty()) remove_tree(staging_);
}

void AtomicFolder::commit() {
  if (const int status = ops_.sync_all(staging_)) throw file_error("write", path_, status);
  std::error_code ignored;
  if (overwrite_ == Overwrite::kFail && fs::is_directory(path_, ignored)) ::rmdir(path_.c_str());
  int status = ops_.rename_new(staging_, path_);
  if (status == 0) {
    staging_.clear();
  } else if ((status == EEXIST || status == ENOTEMPTY) && overwrite_ == Overwrite::kReplace) {
    // After the swap `staging_` names the former folder, which the destructor removes.
    status = ops_.exchange(staging_, path_);
    if (not_supported(status)) {
      const std::string former = temporary_name(path_);
      status = ops_.rename(path_, former);
      if (status == 0) {
        status = ops_.rename(staging_, path_);
        if (status != 0) ops_.rename(former, path_);
        if (status == 0) staging_ = former;
      }
    }
  }
  if (status != 0) throw file_error("write", path_, status);
  if (const int synced = ops_.sync_folder(folder_of(path_))) {
    throw file_error("make sure of", path_, synced);
  }
}

void write_file(const std::string& path, std::string_view bytes, Overwrite overwrite,
                FileOps& ops) {
  AtomicFile file(path, overwrite, ops);
  file.write(bytes);
  file.commit();
}

std::string read_file(const std::string& path, int64_t bytes_max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw file_error("read", path, errno);
  std::string text;
  char buffer[65536];
  int status = 0;
  while (true) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) status = errno;
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
    if (static_cast<int64_t>(text.size()) > bytes_max) break;
  }
  ::close(fd);
  if (status != 0) throw file_error("read", path, status);
  if (static_cast<int64_t>(text.size()) > bytes_max) {
    throw Error(ErrorCode::kResourceLimit,
                fmt::format("{} is larger than {} bytes, the most that is read", path, bytes_max));
  }
  return text;
}

std::string temporary_name(const std::string& path) {
  static std::atomic<uint64_t> counter = 0;
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return fmt::format("{}/.{}.{}-{}-{:x}.tmp", folder_of(path), file_name_of(path), ::getpid(),
                     counter.fetch_add(1), now & 0xffffff);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string file_name_of(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

bool is_glob(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

std::vector<std::string> list_folder(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (!folder) throw file_error("list", path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    std::string name = entry->d_name;
    if (name.starts_with('.')) continue;
    std::error_code ignored;
    if (fs::is_directory(path + "/" + name, ignored)) name += "/";
    names.push_back(std::move(name));
  }
  ::closedir(folder);
  std::ranges::sort(names);
  return names;
}

namespace {

// Appends what matches parts[at..] below `folder` ("" for the current one).
void match_parts(const std::string& folder, const std::vector<std::string>& parts, size_t at,
                 std::vector<std::string>& out) {
  const std::string& part = parts[at];
  const bool last = at + 1 == parts.size();
  if (!is_glob(part)) {
    const std::string path = folder + part;
    std::error_code ignored;
    if (last && fs::exists(path, ignored)) out.push_back(path);
    if (!last && fs::is_directory(path, ignored)) match_parts(path + "/", parts, at + 1, out);
    return;
  }
  std::vector<std::string> names;
  try {
    names = list_folder(folder.empty() ? "." : folder);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return;
  }
  if (part == "**" && !last) match_parts(folder, parts, at + 1, out);
  for (const std::string& name : names) {
    const bool is_folder = name.ends_with('/');
    if (part == "**") {
      // Links to folders are not followed here: they may lead back up.
      std::error_code ignored;
      const bool link =
          is_folder && fs::is_symlink(folder + name.substr(0, name.size() - 1), ignored);
      if (is_folder && !link) match_parts(folder + name, parts, at, out);
      if (!is_folder && last) out.push_back(folder + name);
      continue;
    }
    const std::string bare = is_folder ? name.substr(0, name.size() - 1) : name;
    if (::fnmatch(part.c_str(), bare.c_str(), FNM_PERIOD) != 0) continue;
    if (last && !is_folder) out.push_back(folder + name);
    if (!last && is_folder) match_parts(folder + name, parts, at + 1, out);
  }
}

}  // namespace

std::vector<std::string> expand_glob(const std::string& pattern) {
  std::vector<std::string> parts;
  size_t from = pattern.starts_with('/') ? 1 : 0;
  const std::string root = from == 1 ? "/" : "";
  while (from <= pattern.size()) {
    const size_t slash = std::min(pattern.find('/', from), pattern.size());
    if (slash > from) parts.push_back(pattern.substr(from, slash - from));
    from = slash + 1;
  }
  std::vector<std::string> paths;
  if (!parts.empty()) match_parts(root, parts, 0, paths);
  std::ranges::sort(paths);
  const auto same = std::ranges::unique(paths);
  paths.erase(same.begin(), same.end());
  return paths;
}

}  // namespace weft
