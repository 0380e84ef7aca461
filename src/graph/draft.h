/// Drafts: nodes on their way to a graph, as modifiers work on them. Inputs are still names.
#pragma once

#include <deque>

#include "graph/problems.h"

namespace weft {

struct Draft {
  Node node;                         ///< its edges have no `source` yet
  std::vector<std::string> sources;  ///< [edges] name of the node it takes; empty: the edge's value
  DefinitionPtr owner;               ///< whose modifiers made it
  const char* made_by = "";          ///< the modifier that made it; empty: the function itself
  bool final = true;                 ///< false: a node inside of a modifier's own chain or sub-DAG
  uint32_t module = 0;               ///< number of its module in the list that is resolved

  void add_edge(Edge edge, std::string source) {
    node.edges.push_back(std::move(edge));
    sources.push_back(std::move(source));
  }
};
/// A deque, because drafts are large and there may be many.
using Drafts = std::deque<Draft>;

/// For messages: "'a_twice' (parameterize of 'times')", "'age'".
std::string describe(const Draft& draft);
/// " (features.cc:12)", or nothing if the place is unknown.
std::string at_place(const SourceLocation& where);
/// For messages: "double", "any type" for null.
std::string type_name(Type type);
std::vector<std::string> parameter_names(const Definition& definition);
const Parameter* find_parameter(const Definition& definition, std::string_view name);

/// What resolving looks at: shared by all definitions of one (sub-)graph.
struct Scope {
  std::span<const Module> modules;
  const Values* config;
  Problems* problems;
  /// The functions whose sub-DAG is being made, outermost first.
  std::vector<const Definition*> within = {};
  /// Node name -> variants that the config does not select, for messages.
  std::map<std::string, std::vector<std::string>, std::less<>>* unselected = nullptr;
};

/// One definition on its way through the stages of its modifiers.
struct Work {
  DefinitionPtr definition;
  const Scope* scope;
  uint32_t module = 0;
  std::string name = {};                              ///< of its node
  std::vector<const ModifierKind*> modifiers = {};    ///< in the order in which they are applied
  std::vector<std::unique_ptr<Modifier>> owned = {};  ///< those that the config or mutate made
  std::vector<std::string> config_keys = {};          ///< that decided about it
  Drafts drafts = {};
  bool selected = true;  ///< false: the config selects another variant, or it is excluded

  template <class... A>
  void problem(fmt::format_string<A...> text, A&&... a) const {
    scope->problems->add(definition->where, text, std::forward<A>(a)...);
  }
  template <class... A>
  void problem(ErrorCode code, fmt::format_string<A...> text, A&&... a) const {
    scope->problems->add(code, definition->where, text, std::forward<A>(a)...);
  }
  template <class M, class F>
  void each(F f) const {
    for (const ModifierKind* kind : modifiers) {
      if (const M* m = std::get_if<M>(kind)) f(*m);
    }
  }
  template <class M>
  const M* first() const {
    for (const ModifierKind* kind : modifiers) {
      if (const M* m = std::get_if<M>(kind)) return m;
    }
    return nullptr;
  }
  Draft* find(std::string_view node);
  /// The nodes a modifier with this target is for; a name that no node has is a problem. Pointers
  /// stay valid while drafts are added.
  std::vector<Draft*> targets(const Target& target, const char* modifier);
  /// The one final node; a problem and null if there are several.
  Draft* single_target(const Target& target, const char* modifier);
  /// A draft of this definition without edges.
  Draft draft(std::string node_name, Role role, const char* made_by) const;
};

// ---- from a dependency to an edge ---------------------------------------------------------------

/// Adds an edge for `parameter` bound to `dependency`; a group makes a node of its own, named
/// "<node>.group.<parameter>".
void bind(Work& work, Draft& to, const Parameter& parameter, const Dependency& dependency,
          const char* made_by);
/// The edge of a parameter that nothing is bound to: the node of its name, else its default.
void bind_by_name(Draft& to, const Parameter& parameter);
Edge edge_of(const Parameter& parameter);
/// A draft that tells of `definition`, without edges.
Draft draft_of(const DefinitionPtr& definition, std::string name, Role role, uint32_t module);
/// The function's own node, its inputs by name.
Draft function_draft(const DefinitionPtr& definition, std::string name, uint32_t module);
/// Fills in what a node takes over from the function that it runs.
void set_function(Node& node, const DefinitionPtr& function);

// ---- stages, in order (each in its own file) ----------------------------------------------------

/// variants.cc: settles the node's name and the modifiers; false if the function is not a node.
bool select_variant(Work& work);
bool holds(const When& when, const Values& config);
std::string when_text(const When& when);
/// mutate.cc: turns mutators into steps of their targets. `works` are of one module.
void apply_mutators(std::deque<Work>& works);
void generate(Work& work);  ///< generate.cc, subdag.cc: does, subdag
void inject(Work& work);    ///< inject.cc: pipe_input, load_from, with_columns
void expand(Work& work);    ///< expand.cc: parameterize, inject
void transform(
    Work& work);  ///< resolve.cc: extract, unpack, check, pipe_output, save_to, dataloader
void decorate(Work& work);  ///< decorate.cc: tag, schema, cache, on_error

void make_subdags(Work& work, const Subdag& subdag);
/// The definitions that `modules` and `definitions` name; unknown modules are problems.
Definitions collect_definitions(const Work& work, std::span<const std::string> modules,
                                const Definitions& definitions, const char* modifier);
void extract_columns(Work& work, const ExtractColumns& extract);
void extract_fields(Work& work, const ExtractFields& extract);
void unpack(Work& work, const Unpack& unpack);
void add_checks(Work& work, const Check& check);
void add_saver(Work& work, const SaveTo& save);
/// loaders.cc: a node that loads, made of `loader`, and `data`, which selects from it.
void make_loader(Work& work, Draft loader, Draft& data, const std::string& format,
                 const Dependencies& options, const std::string& parameter, const char* made_by);
void make_saver(Work& work, Draft saver, const Edge& data, std::string source,
                const std::string& format, const Dependencies& options, const char* made_by);
/// dataloader and datasaver.
void load_itself(Work& work);
void save_itself(Work& work);
/// materialize.cc
void add_materializers(std::span<const Materializer> materializers, const Scope& scope,
                       Drafts& drafts);
void pipe_output(Work& work, const PipeOutput& pipe);

/// Chains the steps that the config selects behind `source`; returns the name of the last node,
/// `source` if there is none. Nodes are called "<name_space>.with_<function>".
std::string add_steps(Work& work, std::span<const Step* const> steps, std::string source,
                      const std::string& chain_name_space, const std::string& default_name_space,
                      const char* made_by);

/// All drafts of `definitions` under the scope's config, in their order.
void resolve_definitions(std::span<const DefinitionPtr> definitions, const Scope& scope,
                         uint32_t module, Drafts& out);

}  // namespace weft
