// Code versions and fingerprints: what a node's value depends on, as text, hashed. Nothing in it
// depends on addresses, on the order of hash tables or on the process.
#include <xxhash.h>

#include "graph/connect.h"
#include "graph/modifier_text.h"
#include "graph/source_text.h"

namespace weft {
namespace {

// Texts with their lengths, so that no two lists of texts give the same bytes.
class Bytes {
 public:
  void add(std::string_view text) {
    add(text.size());
    bytes_ += text;
  }
  void add(uint64_t number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  void add_type(Type type) { add(type ? std::string_view(type->name) : std::string_view()); }
  uint64_t hash() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

std::string hex(uint64_t hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (size_t i = 16; i-- > 0; hash >>= 4) text[i] = kDigits[hash & 15];
  return text;
}

void add_value(Bytes& bytes, const Value& value) {
  bytes.add_type(value.type());
  bytes.add(value.has_value());
  if (value.has_value()) bytes.add(value_text(value));
}

// A definition's own text, signature and modifiers, and what its maker says it depends on.
class DefinitionHashes {
 public:
  uint64_t of(const Definition* d) {
    if (!d) return 0;
    if (d == last_) return last_hash_;
    const auto [at, added] = hashes_.try_emplace(d);
    if (added) at->second = compute(*d);
    last_ = d;
    last_hash_ = at->second;
    return last_hash_;
  }

 private:
  uint64_t compute(const Definition& d) {
    bytes_.clear();
    bytes_.add(WEFT_VERSION);
    bytes_.add(d.name);
    bytes_.add(d.language);
    // Only C++ is known well enough to leave out its comments and spaces; other languages' bindings
    // put what counts of their text into the version.
    const bool is_cpp = d.language == "C++";
    bytes_.add(is_cpp              ? normalized_source(d.source_text)
               : d.version.empty() ? d.source_text
                                   : std::string());
    bytes_.add(d.version);
    bytes_.add_type(d.result);
    bytes_.add(static_cast<uint64_t>(d.shape) * 2 + d.nullable);
    for (const Parameter& p : d.parameters) {
      bytes_.add(p.name);
      bytes_.add_type(p.type);
      bytes_.add(static_cast<uint64_t>(p.shape) * 4 + p.nullable * 2u +
                 p.default_value.has_value());
      if (p.default_value) add_value(bytes_, *p.default_value);
    }
    for (const Modifier& m : d.modifiers) bytes_.add(to_text(m));
    return bytes_.hash();
  }

  Bytes bytes_;
  std::unordered_map<const Definition*, uint64_t> hashes_;
  const Definition* last_ = nullptr;
  uint64_t last_hash_ = 0;
};

}  // namespace

void set_fingerprints(std::vector<Node>& nodes, std::span<const DefinitionPtr> owners) {
  DefinitionHashes definitions;
  std::vector<uint64_t> fingerprints(nodes.size());
  Bytes bytes;
  for (size_t i = 0; i < nodes.size(); ++i) {
    Node& node = nodes[i];
    const bool given = node.role == Role::kInput || node.role == Role::kConfig;
    bytes.clear();
    bytes.add(node.name);
    bytes.add(static_cast<uint64_t>(node.role));
    bytes.add_type(node.type);
    bytes.add(node.field);
    bytes.add(static_cast<uint64_t>(node.shape) * 4 + node.nullable * 2u + node.error_is_null);
    if (!given) {
      bytes.add(definitions.of(owners[i].get()));
      if (node.definition != owners[i]) bytes.add(definitions.of(node.definition.get()));
      if (node.check) bytes.add(check_text(*node.check));
    }
    const uint64_t code = bytes.hash();
    node.code_version = hex(code);

    bytes.clear();
    bytes.add(code);
    if (node.default_value) add_value(bytes, *node.default_value);
    for (const Edge& edge : node.edges) {
      bytes.add(edge.parameter);
      if (edge.source != Edge::kNone) bytes.add(fingerprints[edge.source]);
      if (edge.source == Edge::kNone || edge.optional) add_value(bytes, edge.value);
    }
    fingerprints[i] = bytes.hash();
    node.fingerprint = hex(fingerprints[i]);
  }
}

}  // namespace weft
