#include "cli/git_worktree.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "cli/child_process.h"
#include "weft/error.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

std::string temporary_folder() {
  std::string name = (fs::temp_directory_path() / "weft-diff-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make a folder like {}", name));
  }
  return name;
}

fs::path within(const fs::path& root, const fs::path& path) {
  const fs::path relative = fs::weakly_canonical(path).lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..") {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is not in the repository {}", path.string(), root.string()));
  }
  return relative;
}

}  // namespace

GitWorktree::GitWorktree(const std::string& revision, const std::string& folder) : folder_(folder) {
  root_ = fs::weakly_canonical(git({"rev-parse", "--show-toplevel"})).string();
  const auto found = run_child(
      {"git", "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"},
      folder_, ChildOutput::kCapture);
  if (found.status != 0) {
    throw Error(ErrorCode::kNotFound, fmt::format("git knows no revision '{}'", revision));
  }
  const std::string commit = found.output.substr(0, found.output.find('\n'));
  temporary_ = temporary_folder();
  tree_ = temporary_ + "/tree";
  try {
    git({"worktree", "add", "--quiet", "--detach", tree_, commit});
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
    throw;
  }
}

GitWorktree::~GitWorktree() {
  try {
    git({"worktree", "remove", "--force", tree_});
  } catch (const Error&) {
    // The folder goes below all the same; git forgets the worktree when it next prunes.
  }
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void GitWorktree::build(const std::string& command) const {
  const fs::path at = fs::path(tree_) / within(root_, folder_);
  const auto done = run_child({"/bin/sh", "-c", command}, at.string(), ChildOutput::kToStderr);
  if (done.status != 0) {
    throw Error(ErrorCode::kIo, fmt::format("`{}` ended with status {} in the other revision",
                                            command, done.status));
  }
}

std::string GitWorktree::counterpart(const std::string& path) const {
  const fs::path from = fs::path(path).is_absolute() ? fs::path(path) : fs::path(folder_) / path;
  return (fs::path(tree_) / within(root_, from)).string();
}

std::string GitWorktree::git(std::initializer_list<std::string> words) const {
  std::vector<std::string> command = {"git"};
  command.insert(command.end(), words.begin(), words.end());
  const auto done = run_child(command, folder_, ChildOutput::kCapture);
  if (done.status != 0) {
    throw Error(ErrorCode::kIo,
                fmt::format("`{}` ended with status {}", fmt::join(command, " "), done.status));
  }
  return done.output.substr(0, done.output.find_last_not_of('\n') + 1);
}

}  // namespace weft::cli
