/// Files: atomic writes through a seam that tests can make fail, whole-file reads, globs, listings.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/error.h"

namespace weft {

/// The calls by which files are made and replaced. A test derives from it and lets some fail. Every
/// call returns 0 or an errno value. Thread-safe.
class FileOps {
 public:
  virtual ~FileOps() = default;

  /// A file without a name in `folder`, gone with its descriptor unless linked.
  virtual int open_unnamed(const std::string& folder, int& fd);
  virtual int create(const std::string& path, int& fd);  ///< EEXIST if there is one
  virtual int write(int fd, const char* data, size_t n, size_t& written);
  virtual int sync(int fd);
  virtual int close(int fd);
  virtual int link(int fd, const std::string& path);  ///< names an unnamed file
  virtual int rename(const std::string& from, const std::string& to);
  virtual int rename_new(const std::string& from, const std::string& to);  ///< EEXIST if there
  virtual int exchange(const std::string& a, const std::string& b);        ///< swaps two names
  virtual int make_folder(const std::string& path);
  virtual int remove(const std::string& path);
  virtual int sync_folder(const std::string& path);
  virtual int sync_all(const std::string& path);  ///< all of the file system that has it

  /// The operating system's own.
  static FileOps& local();
};

/// The Error of an errno value: kNotFound, kAlreadyExists or kIo, "cannot <doing> <path>:
/// <reason>".
Error file_error(std::string_view doing, const std::string& path, int errno_value);

enum class Overwrite : uint8_t {
  kReplace,  ///< an existing file is replaced, at once and as a whole
  kFail,     ///< an existing file is Error(kAlreadyExists), even if it appears meanwhile
};

enum class Durable : uint8_t {
  kNow,    ///< commit() returns when the file would survive a loss of power
  kLater,  ///< somebody else will see to that, for many files at once
};

/// A file that appears at `path` as a whole or not at all: it is written without a name (or, where
/// the file system cannot do that, under a hidden name beside it), synced, and renamed by commit().
/// Destroyed before, it leaves nothing, and a former file as it was. A symbolic link is followed;
/// what is neither file nor folder (a pipe, /dev/stdout) is written directly. Not thread-safe.
class AtomicFile {
 public:
  /// Throws Error(kNotFound) if the folder does not exist, kAlreadyExists, kIo.
  AtomicFile(std::string path, Overwrite overwrite, FileOps& ops = FileOps::local(),
             Durable durable = Durable::kNow);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws Error(kIo), after which only destruction is left.
  void write(std::string_view bytes);
  void commit();
  int64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  void fail(std::string_view doing, int errno_value);
  void give_up() noexcept;

  std::string path_;
  std::string temporary_;  // the hidden name; empty while the file has none
  Overwrite overwrite_;
  FileOps& ops_;
  int fd_ = -1;
  int64_t size_ = 0;
  Durable durable_;
  bool direct_ = false;
  mode_t mode_ = 0;  // of the file that is replaced; 0: a new one
};

/// A folder that appears at `path` as a whole or not at all: files are made under staging(), and
/// commit() makes them durable and puts the folder in the place of a former one. Destroyed before,
/// it leaves nothing.
class AtomicFolder {
 public:
  AtomicFolder(std::string path, Overwrite overwrite, FileOps& ops = FileOps::local());
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::string& staging() const { return staging_; }
  void commit();

 private:
  std::string path_;
  std::string staging_;
  Overwrite overwrite_;
  FileOps& ops_;
};

/// Writes and commits an AtomicFile.
void write_file(const std::string& path, std::string_view bytes,
                Overwrite overwrite = Overwrite::kReplace, FileOps& ops = FileOps::local());
/// Throws Error(kNotFound, kIo) and kResourceLimit above `bytes_max`.
std::string read_file(const std::string& path, int64_t bytes_max = int64_t{1} << 30);

/// A name in the folder of `path` that starts with a dot and that nobody else uses.
std::string temporary_name(const std::string& path);
/// "a/b" of "a/b/c.csv"; "." if there is none.
std::string folder_of(const std::string& path);
std::string file_name_of(const std::string& path);

bool is_glob(std::string_view path);
/// The files that match, in path order. `*`, `?` and `[abc]` match within a name, `**` any number
/// of folders; names that start with a dot only match a pattern that does. Throws Error(kIo).
std::vector<std::string> expand_glob(const std::string& pattern);
/// Names in a folder, sorted, folders with a "/" at their end, without those that start with a dot.
/// Throws Error(kNotFound, kIo).
std::vector<std::string> list_folder(const std::string& path);

}  // namespace weft
