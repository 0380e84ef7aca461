#include "server/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/file.h"
#include "base/nearest_name.h"

namespace weft {
namespace {

constexpr int64_t kFileBytesMax = 16 << 20;
constexpr std::string_view kBearer = "bearer ";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <class Hash>
Hash hash_of(std::string_view token) {
  Hash hash;
  ::SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  return hash;
}

template <class Hash>
bool read_hash(std::string_view text, Hash& hash) {
  if (text.size() != 2 * hash.size()) return false;
  for (size_t i = 0; i < hash.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    hash[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return true;
}

// A file of tokens while it is read: errors name the line.
struct TokenFile {
  const std::string& path;

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
    throw Error(ErrorCode::kBadData, message, {path, mark.line + 1});
  }
  AccessToken token(const std::string& name, const YAML::Node& fields) const {
    if (!fields.IsMap()) {
      fail(fields.Mark(), fmt::format("token '{}': expected a map with token or sha256", name));
    }
    static const std::vector<std::string> known = {"token", "sha256", "scope", "projects"};
    AccessToken token{.name = name};
    for (const auto& field : fields) {
      const auto key = field.first.as<std::string>();
      if (std::ranges::find(known, key) == known.end()) {
        fail(field.first.Mark(),
             fmt::format("token '{}' has no field '{}'{}", name, key, did_you_mean(key, known)));
      }
      if (key == "token") token.token = field.second.as<std::string>();
      if (key == "sha256") token.sha256 = field.second.as<std::string>();
      if (key == "projects") token.projects = field.second.as<std::vector<std::string>>();
      if (key == "scope") token.may_write = may_write(name, field.second);
    }
    return token;
  }
  bool may_write(const std::string& name, const YAML::Node& scope) const {
    const auto text = scope.as<std::string>();
    if (text != "read" && text != "write") {
      fail(scope.Mark(), fmt::format("token '{}': scope is read or write, found '{}'", name, text));
    }
    return text == "write";
  }
};

}  // namespace

AccessList::AccessList(const std::vector<AccessToken>& tokens, const std::string& project) {
  for (const AccessToken& token : tokens) {
    const auto fail = [&](const char* why) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("token '{}' {}", token.name, why));
    };
    if (token.token.empty() == token.sha256.empty()) fail("needs one of token and sha256");
    Entry entry{.hash = hash_of<Hash>(token.token), .name = token.name, .scope = {}};
    if (!token.sha256.empty() && !read_hash(token.sha256, entry.hash)) {
      fail("has a sha256 that is not 64 hexadecimal digits");
    }
    const bool is_ours = token.projects.empty() ||
                         std::ranges::find(token.projects, project) != token.projects.end();
    if (is_ours) entry.scope = token.may_write ? AccessScope::kWrite : AccessScope::kRead;
    entries_.push_back(std::move(entry));
  }
}

AccessList::Found AccessList::find(std::string_view authorization) const {
  if (authorization.size() <= kBearer.size()) return {};
  const bool is_bearer =
      std::ranges::equal(kBearer, authorization.substr(0, kBearer.size()),
                         [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  if (!is_bearer) return {};
  std::string_view token = authorization.substr(kBearer.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  const auto hash = hash_of<Hash>(token);
  Found found;
  for (const Entry& entry : entries_) {  // all of them, whichever it is
    if (::CRYPTO_memcmp(entry.hash.data(), hash.data(), hash.size()) == 0) {
      found = {.scope = entry.scope, .name = entry.name, .is_known = true};
    }
  }
  return found;
}

std::vector<AccessToken> read_tokens(const std::string& path) {
  const std::string text = read_file(path, kFileBytesMax);
  const TokenFile file{path};
  std::vector<AccessToken> tokens;
  try {
    const YAML::Node root = YAML::Load(text);
    const YAML::Node all = root.IsMap() ? root["tokens"] : YAML::Node(YAML::NodeType::Undefined);
    if (!all || !all.IsMap()) {
      file.fail(root.Mark(), "expected `tokens:` and below it a map of name to token");
    }
    for (const auto& entry : all) {
      tokens.push_back(file.token(entry.first.as<std::string>(), entry.second));
    }
  } catch (const YAML::Exception& error) {
    file.fail(error.mark, error.msg);
  }
  return tokens;
}

}  // namespace weft
