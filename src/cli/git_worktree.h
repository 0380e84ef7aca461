/// Another revision of the repository the user stands in, checked out beside it for a while.
#pragma once

#include <string>

namespace weft::cli {

/// A detached worktree in a temporary folder. The destructor removes it.
class GitWorktree {
 public:
  /// `folder` is in the repository. Throws Error(kNotFound) if there is no such revision, kIo if
  /// git does not do it.
  GitWorktree(const std::string& revision, const std::string& folder);
  ~GitWorktree();
  GitWorktree(const GitWorktree&) = delete;
  GitWorktree& operator=(const GitWorktree&) = delete;

  /// Runs a shell command where `folder` is in the other revision; what it prints goes to stderr.
  /// Throws Error(kIo) if it fails.
  void build(const std::string& command) const;
  /// The other revision's file in the place of this one's. Throws Error(kInvalidArgument) if the
  /// path is outside of the repository.
  std::string counterpart(const std::string& path) const;

 private:
  std::string git(std::initializer_list<std::string> words) const;

  std::string folder_;     // where the user stands
  std::string root_;       // of the repository
  std::string temporary_;  // holds the worktree, and nothing else
  std::string tree_;
};

}  // namespace weft::cli
