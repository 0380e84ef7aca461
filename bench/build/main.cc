// bench_build: "driver SHAPE SIZE" builds a driver of a module that is loaded, and answers
// {"seconds", "nodes"}.
#include <map>
#include <optional>

#include "graphs.h"
#include "serve.h"

int main() {
  std::map<std::pair<std::string, size_t>, weft::Module> modules;
  return bench::serve({{"driver", [&](const auto& words) -> nlohmann::json {
                          const std::pair key(words.at(0), std::stoul(words.at(1)));
                          if (!modules.contains(key)) {
                            modules.emplace(key, graphs::module_of(key.first, key.second));
                          }
                          const weft::Module& module = modules.at(key);
                          std::optional<weft::Driver> driver;
                          const double seconds = bench::least_seconds([&] {
                            driver.reset();
                            driver.emplace(std::vector{module});
                          });
                          return {{"seconds", seconds}, {"nodes", driver->graph().nodes().size()}};
                        }}});
}
