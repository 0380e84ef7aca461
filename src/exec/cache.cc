#include "exec/cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/content_hash.h"

namespace weft {
namespace {
constexpr uint32_t kNoStep = UINT32_MAX;
}

CacheSession::CacheSession(const Program& program, RunState& state, CacheHost& host)
    : program_(program),
      state_(state),
      host_(host),
      step_of_(program.ops.size(), kNoStep),
      work_(program.cache->cached.size()),
      needed_steps_(program.steps.size(), 1),
      ran_(program.steps.size(), 0) {
  for (uint32_t s = 0; s < program.steps.size(); ++s) {
    for (const OpId op : program.steps[s].ops) step_of_[op] = s;
    for (const OpId op : program.steps[s].aggregates) step_of_[op] = s;
  }
  for (size_t i = 0; i < work_.size(); ++i) index_[cached(i).op] = i;
}

void CacheSession::start() {
  version_inputs();
  // A damaged entry turns up when it is read; then more has to be computed, or read.
  do {
    look_up();
    find_needed();
  } while (!provide_found());
}

void CacheSession::after(std::span<const uint32_t> steps) {
  for (const uint32_t s : steps) ran_[s] = 1;
  const auto made = [&](OpId op) {
    const uint32_t s = step_of_[op];
    return s != kNoStep && std::ranges::find(steps, s) != steps.end();
  };
  for (const OpId op : program_.cache->versioned) {
    if (!made(op)) continue;
    version(op);
    host_.seen(op);
  }
  for (size_t i = 0; i < work_.size(); ++i) {
    if (made(cached(i).op)) keep(i);
  }
  const auto found_before = std::ranges::count(work_, Status::kFound, &Work::status);
  look_up();
  if (std::ranges::count(work_, Status::kFound, &Work::status) == found_before) return;
  // What an earlier wave did without cannot be made up for, so a value counts as found only if it
  // could be read.
  for (size_t i = 0; i < work_.size(); ++i) {
    const bool wanted = needed_ops_[cached(i).op] && !ran_[step_of_[cached(i).op]];
    if (work_[i].status == Status::kFound && !work_[i].provided && wanted) provide(i);
  }
  find_needed();
}

// ---- versions and keys -----------------------------------------------------------------------

void CacheSession::version_inputs() {
  for (const OpId op : program_.cache->versioned) {
    if (program_.ops[op].kind != OpKind::kInput) continue;
    version(op);
    host_.seen(op);
  }
}

void CacheSession::version(OpId op) {
  try {
    versions_[op] = content_hash(state_.value(op));
  } catch (const Error& e) {
    unversioned_[op] = e.message();
  }
}

bool CacheSession::make_key(size_t i) {
  Work& work = work_[i];
  const CachedOp& c = cached(i);
  // Sorted by what they are called, because numbers of operations differ from plan to plan.
  std::multimap<std::string, std::string> versions;
  for (const OpId b : c.boundary) {
    const auto version = versions_.find(b);
    if (version == versions_.end()) return false;
    versions.emplace(program_.name_of(program_.ops[b]), version->second);
  }
  work.parts.clear();
  const std::string& fingerprint = program_.graph->node(c.node).fingerprint;
  std::string text = fmt::format("{}\n{}\n", WEFT_VERSION, fingerprint);
  for (const auto& [name, version] : versions) {
    text += fmt::format("{}:{}{}\n", name.size(), name, version);
    work.parts[name] += version;
  }
  work.parts["the code"] = fingerprint;
  work.parts["Weft"] = WEFT_VERSION;
  work.key = bytes_hash(text);
  return true;
}

// In topological order, so that the version of what is found is known to what follows.
void CacheSession::look_up() {
  for (size_t i = 0; i < work_.size(); ++i) {
    Work& work = work_[i];
    if (work.status != Status::kUnknown || !make_key(i)) continue;
    const CachedOp& c = cached(i);
    work.status = Status::kMissed;
    if (c.behavior == CacheBehavior::kRecompute) {
      log(i, "recomputed", "its cache says so");
      continue;
    }
    try {
      const auto entry = program_.cache->store->find(work.key);
      if (!entry) {
        const std::string& name = program_.graph->node(c.node).name;
        log(i, "miss", program_.cache->store->explain_miss(name, work.parts));
        continue;
      }
      work.entry = *entry;
      work.status = Status::kFound;
      versions_[c.op] = entry->version;
    } catch (const Error& e) {
      log(i, "miss", e.message());
    }
  }
}

// ---- what is needed --------------------------------------------------------------------------

bool CacheSession::is_found(OpId op) const {
  const auto it = index_.find(op);
  return it != index_.end() && work_[it->second].status == Status::kFound;
}

void CacheSession::need_op(OpId op, std::vector<OpId>& stack) {
  if (needed_ops_[op]) return;
  needed_ops_[op] = 1;
  stack.push_back(op);
}

void CacheSession::find_needed() {
  needed_ops_.assign(program_.ops.size(), 0);
  std::vector<uint8_t> steps(program_.steps.size(), 0);
  std::vector<OpId> stack;
  const auto need_step = [&](uint32_t s) {
    if (s == kNoStep || steps[s]) return;
    steps[s] = 1;
    for (const auto* ops : {&program_.steps[s].ops, &program_.steps[s].aggregates}) {
      for (const OpId op : *ops) {
        for (const Arg& arg : program_.args_of(program_.ops[op])) need_op(arg.op, stack);
      }
    }
  };
  const auto drain = [&] {
    while (!stack.empty()) {
      const OpId op = stack.back();
      stack.pop_back();
      if (!is_found(op)) need_step(step_of_[op]);
    }
  };
  for (const OpId op : program_.output_ops) need_op(op, stack);
  for (const auto& [node, op] : program_.fit_nodes) need_op(op, stack);
  drain();
  // A check is about a value that this run has; it asks for none.
  for (bool more = true; more;) {
    more = false;
    for (uint32_t s = 0; s < program_.steps.size(); ++s) {
      if (program_.steps[s].kind != StepKind::kCheck || steps[s]) continue;
      const OpId checked = program_.args_of(program_.ops[program_.steps[s].ops[0]])[0].op;
      if (!needed_ops_[checked]) continue;
      more = true;
      need_step(s);
      drain();
    }
  }
  needed_steps_ = std::move(steps);
}

// False if one turned out damaged: then what is needed has changed.
bool CacheSession::provide_found() {
  bool all = true;
  for (size_t i = 0; i < work_.size(); ++i) {
    Work& work = work_[i];
    if (work.status != Status::kFound || work.provided) continue;
    const OpId op = cached(i).op;
    if (!needed_ops_[op] || needed_steps_[step_of_[op]]) continue;
    all &= provide(i);
  }
  return all;
}

bool CacheSession::provide(size_t i) {
  Work& work = work_[i];
  std::string why;
  try {
    if (auto value = program_.cache->store->load(work.key, work.entry, why)) {
      host_.provide(cached(i).op, std::move(*value));
      host_.seen(cached(i).op);
      work.provided = true;
      log(i, "hit", "", work.entry.bytes);
      return true;
    }
  } catch (const Error& e) {
    why = e.message();
  }
  work.status = Status::kMissed;
  log(i, "miss", why);
  return false;
}

// ---- keeping ---------------------------------------------------------------------------------

void CacheSession::keep(size_t i) {
  Work& work = work_[i];
  const CachedOp& c = cached(i);
  // Found, but computed all the same with what it shares a step with: nothing to be done.
  if (work.status == Status::kFound) return host_.seen(c.op);
  const bool has_key = work.status == Status::kMissed || make_key(i);
  work.status = Status::kDone;
  version(c.op);
  const auto version = versions_.find(c.op);
  std::string why;
  if (!has_key) {
    for (const OpId b : c.boundary) {
      const auto it = unversioned_.find(b);
      if (it != unversioned_.end()) why = program_.name_of(program_.ops[b]) + ": " + it->second;
    }
  } else if (version == versions_.end()) {
    why = unversioned_[c.op];
  } else {
    try {
      const auto kept = program_.cache->store->put(work.key, program_.graph->node(c.node).name,
                                                   work.parts, state_.value(c.op), version->second);
      why = kept.why_not;
      if (kept.kept) log(i, "kept", "", kept.bytes);
    } catch (const Error& e) {
      why = e.message();
    }
  }
  if (!why.empty()) log(i, "not_kept", why);
  host_.seen(c.op);
}

void CacheSession::log(size_t i, std::string outcome, std::string reason, int64_t bytes) {
  log_.push_back(
      {program_.graph->node(cached(i).node).name, std::move(outcome), std::move(reason), bytes});
}

}  // namespace weft
