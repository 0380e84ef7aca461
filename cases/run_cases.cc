// Runs every case of the files and folders named: over tables, in micro-batches, row by row.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "weft/module.h"
#include "weft/testing.h"

namespace {

std::vector<std::string> case_files(const std::string& path) {
  std::vector<std::string> files;
  if (!std::filesystem::is_directory(path)) return {path};
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  int passed = 0;
  int failed = 0;
  try {
    const auto modules = weft::compiled_modules();
    for (int i = 1; i < argc; ++i) {
      for (const auto& file : case_files(argv[i])) {
        for (const auto& c : weft::testing::load_cases(file)) {
          const auto report = weft::testing::run_case(c, modules);
          ++(report.passed ? passed : failed);
          if (report.passed) continue;
          std::printf("%s: %s\n    %s\n", c.where.to_string().c_str(), c.name.c_str(),
                      report.message.c_str());
        }
      }
    }
  } catch (const std::exception& e) {
    std::printf("%s\n", e.what());
    return 1;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  // A run that found no case has tested nothing.
  return failed == 0 && passed > 0 ? 0 : 1;
}
