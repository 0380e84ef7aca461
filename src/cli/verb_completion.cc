// weft completion: what a shell needs to complete the command, from the verbs' own description.
#include <fmt/format.h>

#include <algorithm>

#include "cli/verbs.h"

namespace weft::cli {
namespace {

std::vector<Flag> flags_of(const Verb& verb) {
  const auto global = global_flags();
  return verb.flags + std::vector<Flag>(global.begin(), global.end());
}

std::string verb_names() {
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.push_back(verb.name);
  return fmt::format("{}", fmt::join(names, " "));
}

// The text within single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// ---- bash ---------------------------------------------------------------------------------------

constexpr std::string_view kBashHead = R"(# bash completion of weft: source <(weft completion bash)
_weft_nodes() {
  local -a project=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -m | --module | --project | --config)
        [[ ${COMP_WORDS[i + 1]} == = ]] && project+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 2]}") ||
          project+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
    esac
  done
  weft list --names "${project[@]}" 2>/dev/null
}

_weft() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb= flags= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then
      verb=${COMP_WORDS[i]}
      break
    fi
  done
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)";

std::string bash_values(const Verb& verb, const Flag& flag) {
  std::string pattern = fmt::format("{}/--{}", verb.name, flag.name);
  if (flag.letter != 0) pattern += fmt::format(" | {}/-{}", verb.name, flag.letter);
  std::string action;
  if (!flag.choices.empty()) {
    action =
        fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\"))", fmt::join(flag.choices, " "));
  } else if (flag.hint == Hint::kNode) {
    action = "COMPREPLY=($(compgen -W \"$(_weft_nodes)\" -- \"$current\"))";
  } else if (flag.hint == Hint::kNone) {
    action = ":";
  } else {
    action = "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\"))";
  }
  return fmt::format("    {}) {}; return ;;\n", pattern, action);
}

std::string bash_operands(const Verb& verb) {
  if (verb.operands.empty()) return ":";
  const Operand& operand = verb.operands[0];
  if (!operand.choices.empty()) {
    return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\"))",
                       fmt::join(operand.choices, " "));
  }
  switch (operand.hint) {
    case Hint::kNode:
      return "COMPREPLY=($(compgen -W \"$(_weft_nodes)\" -- \"$current\"))";
    case Hint::kVerb:
      return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\"))", verb_names());
    case Hint::kNone:
      return ":";
    default:
      return "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\"))";
  }
}

std::string bash_script() {
  std::string out(kBashHead);
  out += "  case $verb/$previous in\n";
  for (const Verb& verb : verbs()) {
    for (const Flag& flag : flags_of(verb)) {
      if (!flag.value.empty()) out += bash_values(verb, flag);
    }
  }
  out += "  esac\n  case $verb in\n";
  out += fmt::format("    '') COMPREPLY=($(compgen -W '{} --help --version' -- \"$current\"))",
                     verb_names());
  out += "; return ;;\n";
  for (const Verb& verb : verbs()) {
    std::string words;
    for (const Flag& flag : flags_of(verb)) words += fmt::format(" --{}", flag.name);
    out += fmt::format("    {}) flags='{}' ;;\n", verb.name, words.substr(1));
  }
  out +=
      "  esac\n"
      "  if [[ $current == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$flags\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $verb in\n";
  for (const Verb& verb : verbs()) {
    out += fmt::format("    {}) {} ;;\n", verb.name, bash_operands(verb));
  }
  return out + "  esac\n}\ncomplete -F _weft weft\n";
}

// ---- zsh ----------------------------------------------------------------------------------------

// Help within the brackets of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const std::vector<std::string>& choices, Hint hint) {
  if (!choices.empty()) return fmt::format("({})", fmt::join(choices, " "));
  switch (hint) {
    case Hint::kNode:
      return "_weft_nodes";
    case Hint::kVerb:
      return fmt::format("({})", verb_names());
    case Hint::kNone:
      return " ";
    default:
      return "_files";
  }
}

std::string zsh_flag(const Flag& flag) {
  std::string out;
  const auto add = [&](const std::string& name) {
    std::string text = (flag.repeats ? "*" : "") + name;
    text += fmt::format("[{}]", zsh_text(flag.help));
    if (!flag.value.empty()) {
      text += fmt::format(":{}:{}", zsh_text(flag.value), zsh_action(flag.choices, flag.hint));
    }
    out += fmt::format("        {} \\\n", shell_quoted(text));
  };
  add("--" + flag.name + (flag.value.empty() ? "" : "="));
  if (flag.letter != 0) add(fmt::format("-{}{}", flag.letter, flag.value.empty() ? "" : "+"));
  return out;
}

std::string zsh_script() {
  std::string out =
      "#compdef weft\n"
      "# zsh completion of weft: weft completion zsh > \"${fpath[1]}/_weft\"\n"
      "_weft_nodes() {\n"
      "  local -a nodes project\n"
      "  local i\n"
      "  for ((i = 1; i < CURRENT; i++)); do\n"
      "    case ${words[i]} in\n"
      "      -m | --module | --project | --config) project+=(${words[i]} ${words[i + 1]}) ;;\n"
      "      --module=* | --project=* | --config=*) project+=(${words[i]}) ;;\n"
      "    esac\n"
      "  done\n"
      "  nodes=(${(f)\"$(weft list --names $project 2>/dev/null)\"})\n"
      "  compadd -a nodes\n"
      "}\n\n"
      "_weft() {\n"
      "  if ((CURRENT == 2)); then\n"
      "    local -a verbs\n"
      "    verbs=(\n";
  for (const Verb& verb : verbs()) {
    out += fmt::format("      {}\n", shell_quoted(verb.name + ":" + zsh_text(verb.summary)));
  }
  out +=
      "    )\n"
      "    _describe command verbs\n"
      "    return\n"
      "  fi\n"
      "  local verb=${words[2]}\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $verb in\n";
  for (const Verb& verb : verbs()) {
    out += fmt::format("    {})\n      _arguments -s \\\n", verb.name);
    for (const Flag& flag : flags_of(verb)) out += zsh_flag(flag);
    if (verb.operands.empty()) {
      out += "        && return\n      ;;\n";
      continue;
    }
    const Operand& operand = verb.operands[0];
    out += fmt::format("        {}\n      ;;\n",
                       shell_quoted(fmt::format("*:{}:{}", operand.name,
                                                zsh_action(operand.choices, operand.hint))));
  }
  return out + "  esac\n}\n\n_weft \"$@\"\n";
}

// ---- fish ---------------------------------------------------------------------------------------

std::string fish_script() {
  std::string out =
      "# fish completion of weft: weft completion fish | source\n"
      "function __weft_nodes\n"
      "  set -l words (commandline -opc)\n"
      "  set -l project\n"
      "  for i in (seq (count $words))\n"
      "    switch $words[$i]\n"
      "      case -m --module --project --config\n"
      "        set -a project $words[$i] $words[(math $i + 1)]\n"
      "      case '--module=*' '--project=*' '--config=*'\n"
      "        set -a project $words[$i]\n"
      "    end\n"
      "  end\n"
      "  weft list --names $project 2>/dev/null\n"
      "end\n"
      "complete -c weft -f\n";
  const auto action = [](const std::vector<std::string>& choices, Hint hint) -> std::string {
    if (!choices.empty())
      return fmt::format(" -xa {}", shell_quoted(fmt::format("{}", fmt::join(choices, " "))));
    if (hint == Hint::kNode) return " -xa '(__weft_nodes)'";
    if (hint == Hint::kVerb) return fmt::format(" -xa {}", shell_quoted(verb_names()));
    return hint == Hint::kNone ? " -x" : " -rF";
  };
  for (const Verb& verb : verbs()) {
    out += fmt::format("complete -c weft -n __fish_use_subcommand -xa {} -d {}\n", verb.name,
                       shell_quoted(verb.summary));
    const std::string seen = fmt::format("'__fish_seen_subcommand_from {}'", verb.name);
    for (const Flag& flag : flags_of(verb)) {
      out += fmt::format("complete -c weft -n {} -l {}", seen, flag.name);
      if (flag.letter != 0) out += fmt::format(" -s {}", flag.letter);
      if (!flag.value.empty()) out += action(flag.choices, flag.hint);
      out += fmt::format(" -d {}\n", shell_quoted(flag.help));
    }
    if (verb.operands.empty()) continue;
    const Operand& operand = verb.operands[0];
    if (operand.hint == Hint::kNone && operand.choices.empty()) continue;
    out += fmt::format("complete -c weft -n {}{}\n", seen, action(operand.choices, operand.hint));
  }
  return out;
}

int run(const Arguments& arguments, const Console& console) {
  const std::string& shell = arguments.operands()[0];
  console.out << (shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : fish_script());
  return 0;
}

}  // namespace

Verb completion_verb() {
  Verb verb;
  verb.name = "completion";
  verb.summary = "print a script that completes commands in a shell";
  verb.description =
      "Prints a completion script: commands, flags, their values, and the names of nodes.";
  verb.operands = {{.name = "SHELL",
                    .help = "bash, zsh or fish",
                    .count_min = 1,
                    .count_max = 1,
                    .choices = {"bash", "zsh", "fish"}}};
  verb.examples = {{"source <(weft completion bash)", "for this shell; or in ~/.bashrc"},
                   {"weft completion fish | source", "in fish"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
