// What is compiled in or loaded: the list that FEATURE pushes on, read when somebody asks.
#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "base/nearest_name.h"
#include "graph/source_text.h"
#include "weft/feature.h"
#include "weft/graph.h"
#include "weft/module.h"

namespace weft {
namespace detail {
namespace {

// Constant-initialized: other libraries push while they are loaded, in whatever order.
constinit std::atomic<const FeatureEntry*> g_entries = nullptr;

struct EmbeddedSource {
  const char* file;
  std::string_view text;
  const EmbeddedSource* next;
};
constinit std::atomic<const EmbeddedSource*> g_sources = nullptr;

// Libraries that load_module() loaded: the address that __dso_handle has in each.
struct LoadedLibraries {
  std::mutex mutex;
  std::set<const void*> addresses;
};
LoadedLibraries& loaded() {
  static auto* loaded = new LoadedLibraries;  // NOLINT: outlives every static that asks for modules
  return *loaded;
}

}  // namespace

void register_feature(FeatureEntry* entry) {
  const FeatureEntry* head = g_entries.load(std::memory_order_relaxed);
  do {
    entry->next = head;
  } while (!g_entries.compare_exchange_weak(head, entry, std::memory_order_release,
                                            std::memory_order_relaxed));
}

void register_source(const char* file, const char* text, size_t size) {
  // One for each file of a module, for good, as the module itself.
  auto* source = new EmbeddedSource{file, {text, size}, nullptr};  // NOLINT
  const EmbeddedSource* head = g_sources.load(std::memory_order_relaxed);
  do {
    source->next = head;
  } while (!g_sources.compare_exchange_weak(head, source, std::memory_order_release,
                                            std::memory_order_relaxed));
}

DefinitionPtr make_definition(std::string name, const FunctionInfo& info,
                              std::vector<std::string> names) {
  auto d = std::make_shared<Definition>();
  d->name = std::move(name);
  d->result = info.result();
  d->shape = info.shape;
  d->nullable = info.nullable;
  for (size_t i = 0; i < info.arity; ++i) {
    const ParameterInfo& p = info.parameters[i];
    d->parameters.push_back({i < names.size() ? std::move(names[i]) : std::string(),
                             p.type(),
                             p.shape,
                             p.nullable,
                             {}});
  }
  if (!info.row) {
    d->call = info.call;
    return d;
  }
  auto kernel = std::make_shared<Kernel>();
  kernel->name = d->name;
  kernel->result = d->result;
  kernel->result_nullable = d->nullable;
  for (const Parameter& p : d->parameters) {
    kernel->parameters.push_back(p.type);
    kernel->parameter_nullable.push_back(p.nullable);
  }
  kernel->block = info.block;
  kernel->row = info.row;
  d->kernel = std::move(kernel);
  return d;
}

namespace {

// What is known of a file: its features' texts, and a hash of the rest.
struct FileText {
  std::vector<FeatureText> features;
  std::string rest_version;
};

class SourceTexts {
 public:
  // The feature of this name that begins at or before the line where the macro was expanded: a file
  // may have two of one name, in two namespaces.
  const FeatureText* find(const FeatureEntry& entry) {
    const FeatureText* best = nullptr;
    for (const FeatureText& f : file_of(entry.file).features) {
      if (f.name == entry.name && (!best || f.line <= entry.line)) best = &f;
    }
    return best;
  }
  const std::string& rest_version(const FeatureEntry& entry) {
    return file_of(entry.file).rest_version;
  }

 private:
  const FileText& file_of(const char* file) {
    const auto found = files_.find(file);
    if (found != files_.end()) return found->second;
    FileText text;
    for (const EmbeddedSource* s = g_sources.load(std::memory_order_acquire); s; s = s->next) {
      if (std::string_view(s->file) != file) continue;
      text.features = find_features(s->text);
      const std::string rest = text_between(s->text, text.features);
      text.rest_version = fmt::format("{:016x}", XXH3_64bits(rest.data(), rest.size()));
      break;
    }
    return files_.emplace(file, std::move(text)).first->second;
  }

  std::map<std::string, FileText, std::less<>> files_;
};

std::string module_name(const FeatureEntry& entry) {
  if (*entry.module != '\0') return entry.module;
  std::string_view name = entry.file;
  const size_t slash = name.rfind('/');
  if (slash != name.npos) name.remove_prefix(slash + 1);
  return std::string(name.substr(0, name.rfind('.')));
}

DefinitionPtr definition_of(const FeatureEntry& entry, const std::string& module,
                            SourceTexts& texts) {
  const std::string_view list = entry.parameter_list;
  std::vector<std::string> names;
  for (size_t i = 0; i < entry.info->arity; ++i) {
    const ParameterInfo& p = entry.info->parameters[i];
    names.emplace_back(list.substr(p.begin, p.size));
  }
  auto d =
      std::make_shared<Definition>(*make_definition(entry.name, *entry.info, std::move(names)));
  std::vector<std::optional<Value>> defaults;
  entry.defaults(defaults);
  for (size_t i = 0; i < defaults.size() && i < d->parameters.size(); ++i) {
    d->parameters[i].default_value = std::move(defaults[i]);
  }
  d->modifiers = entry.modifiers();
  d->module = module;
  d->where = {entry.file, entry.line};
  if (const FeatureText* text = texts.find(entry)) {
    d->source_text = text->text;
    d->doc = text->doc;
    d->where.line = text->line;
    d->version = texts.rest_version(entry);
  }
  return d;
}

// "key=value;..." to its pairs.
std::map<std::string, std::string> stamp_parts(std::string_view stamp) {
  std::map<std::string, std::string> parts;
  while (!stamp.empty()) {
    const size_t end = std::min(stamp.find(';'), stamp.size());
    const std::string_view part = stamp.substr(0, end);
    const size_t equals = part.find('=');
    if (equals != part.npos) parts.emplace(part.substr(0, equals), part.substr(equals + 1));
    stamp.remove_prefix(std::min(end + 1, stamp.size()));
  }
  return parts;
}

// The flags that weft_add_features sets: without them a feature's bits may differ.
constexpr const char* kFeatureFlags = "ffp-contract=off";

// Why features of this stamp cannot be used here; empty if they can. Those that are linked into the
// program are compiled as the program likes.
std::string stamp_difference(std::string_view stamp, bool with_flags) {
  std::map<std::string, std::string> ours = stamp_parts(WEFT_ABI_STAMP);
  ours["flags"] = kFeatureFlags;
  if (!with_flags) ours.erase("flags");
  const std::map<std::string, std::string> theirs = stamp_parts(stamp);
  std::vector<std::string> reasons;
  for (const auto& [key, value] : ours) {
    const auto found = theirs.find(key);
    const std::string other = found == theirs.end() ? "nothing known" : found->second;
    if (other != value) reasons.push_back(fmt::format("{}: {} there, {} here", key, other, value));
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

// Entries of one library (null: of all that load_module() did not load), in the order in which they
// were registered; of other Wefts none.
std::vector<const FeatureEntry*> entries_of(const void* library) {
  std::vector<const FeatureEntry*> found;
  const std::scoped_lock lock(loaded().mutex);
  for (const FeatureEntry* e = g_entries.load(std::memory_order_acquire); e; e = e->next) {
    if (library ? e->library != library : loaded().addresses.contains(e->library)) continue;
    if (!stamp_difference(e->abi, /*with_flags=*/false).empty()) continue;
    found.push_back(e);
  }
  std::ranges::reverse(found);
  return found;
}

std::vector<Module> modules_of(const std::vector<const FeatureEntry*>& entries) {
  std::vector<Module> modules;
  std::map<std::string, size_t> index;
  SourceTexts texts;
  for (const FeatureEntry* entry : entries) {
    const std::string name = module_name(*entry);
    const auto [at, added] = index.emplace(name, modules.size());
    if (added) modules.push_back({name, {}});
    Module& module = modules[at->second];
    Definitions& list = entry->use == FunctionUse::kLoader  ? module.loaders
                        : entry->use == FunctionUse::kSaver ? module.savers
                                                            : module.definitions;
    list.push_back(definition_of(*entry, name, texts));
  }
  return modules;
}

// Where a library lies in memory; null if the address is of none.
const void* base_of(const void* address) {
  Dl_info info;
  return dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

const void* library_of(void* handle, std::vector<std::string>& stamps) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return nullptr;
  const void* base = reinterpret_cast<const void*>(map->l_addr);
  const void* library = nullptr;
  for (const FeatureEntry* e = g_entries.load(std::memory_order_acquire); e; e = e->next) {
    if (e->library == library || base_of(e->library) != base) continue;
    library = e->library;
    stamps.emplace_back(e->abi);
  }
  return library;
}

}  // namespace
}  // namespace detail

std::vector<Module> compiled_modules() { return detail::modules_of(detail::entries_of(nullptr)); }

Module compiled_module(std::string_view name) {
  std::vector<std::string> names;
  for (Module& module : compiled_modules()) {
    if (module.name == name) return std::move(module);
    names.push_back(module.name);
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("no module '{}' is compiled in{}", name, did_you_mean(name, names)));
}

Module load_module(const std::string& path) {
  // Without a slash dlopen would search the system's libraries.
  const std::string file = path.find('/') == path.npos ? "./" + path : path;
  if (::access(file.c_str(), F_OK) != 0) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no module '{}'", path));
  }
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* why = ::dlerror();  // names the file itself
    throw Error(ErrorCode::kIo, fmt::format("cannot load '{}' as a module: {}", path,
                                            why ? why : "no reason given"));
  }
  std::vector<std::string> stamps;
  const void* library = detail::library_of(handle, stamps);
  if (!library) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' holds no FEATURE: a module is what weft_add_features makes of "
                            "sources with features",
                            path));
  }
  {
    const std::scoped_lock lock(detail::loaded().mutex);
    detail::loaded().addresses.insert(library);
  }
  for (const std::string& stamp : stamps) {
    const std::string reason = detail::stamp_difference(stamp, /*with_flags=*/true);
    if (!reason.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("'{}' was not built for this Weft ({}): build it again with "
                              "weft_add_features",
                              path, reason));
    }
  }
  std::vector<Module> modules = detail::modules_of(detail::entries_of(library));
  Module all = std::move(modules.front());
  for (size_t i = 1; i < modules.size(); ++i) {
    for (const auto list : {&Module::definitions, &Module::loaders, &Module::savers}) {
      const Definitions& more = modules[i].*list;
      (all.*list).insert((all.*list).end(), more.begin(), more.end());
    }
  }
  all.path = path;
  return all;
}

}  // namespace weft
