/// The last step of resolving: drafts become connected, typed, ordered nodes.
#pragma once

#include "graph/draft.h"

namespace weft {

/// Node name -> the variants of it that the config does not select.
using Unselected = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Fills `state`; it is of no use if there are problems. No recursion: graphs may be deep.
void connect(Drafts drafts, const Values& config, const ResolveOptions& options,
             const Unselected& unselected, Problems& problems, Graph::State& state);

/// blocks.cc: of nodes in topological order that know their sources, sets Node::block.
void find_blocks(const std::vector<Draft*>& nodes, Problems& problems);

/// A topological order of nodes whose inputs are `sources`, by `key` where there is a choice.
/// Nodes of a cycle come in some order; `cycles` has each cycle once, as a list of nodes each of
/// which is an input of the next.
std::vector<uint32_t> topological_order(const std::vector<std::vector<uint32_t>>& sources,
                                        const std::vector<uint64_t>& key,
                                        std::vector<std::vector<uint32_t>>& cycles);

/// fingerprint.cc: sets code_version and fingerprint of every node; `nodes` are in topological
/// order and know their sources, `owners` has the function whose modifiers made each.
void set_fingerprints(std::vector<Node>& nodes, std::span<const DefinitionPtr> owners);

}  // namespace weft
