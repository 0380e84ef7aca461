#include "exec/expression_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "exec/value_json.h"
#include "ops/aggregate.h"
#include "ops/column_operator.h"

namespace weft {

using nlohmann::json;

namespace {

json options_to_json(const Values& options) {
  json out = json::object();
  for (const auto& [name, value] : options) {
    out[name] = {value.type()->name, value_to_json(value)};
  }
  return out;
}

class Writer {
 public:
  size_t write(const Expr& e) {
    if (const auto it = done_.find(&e); it != done_.end()) return it->second;
    json step;
    if (e.op == Expr::Op::kInput) {
      step = {"input", e.name, e.type->name};
      if (e.scalar) step.push_back("scalar");
    } else if (e.op == Expr::Op::kLiteral) {
      step = {"value", e.type->name, value_to_json(e.literal)};
    } else {
      json args = json::array();
      for (const auto& arg : e.args) args.push_back(write(*arg));
      if (e.op == Expr::Op::kCall) {
        step = {"function", e.name, std::move(args)};
      } else {
        const bool aggregate = e.op == Expr::Op::kAggregate;
        step = {aggregate ? "aggregate" : "operator", e.name, std::move(args),
                options_to_json(e.options)};
      }
    }
    steps_.push_back(std::move(step));
    return done_[&e] = steps_.size() - 1;
  }
  json steps() { return std::move(steps_); }

 private:
  json steps_ = json::array();
  std::unordered_map<const Expr*, size_t> done_;
};

Type type_named(const std::string& name) {
  const Type type = type_by_name(name);
  if (!type) throw Error(ErrorCode::kInvalidArgument, "there is no type called " + name);
  return type;
}

class Reader {
 public:
  void read(const json& step) {
    const auto& kind = step.at(0).get_ref<const std::string&>();
    const auto& name = step.at(1).get_ref<const std::string&>();
    if (kind == "input") {
      const bool scalar = step.size() > 3 && step.at(3) == "scalar";
      done_.push_back(input_expr(name, type_named(step.at(2)), scalar));
    } else if (kind == "value") {
      const Type type = type_named(name);
      const json& value = step.at(2);
      done_.push_back(
          literal_expr(value.is_null() ? Value::null(type) : value_from_json(type, value)));
    } else if (kind == "function") {
      done_.push_back(function_expr(name, arguments(step.at(2))));
    } else if (kind == "aggregate") {
      done_.push_back(aggregate_expr(name, arguments(step.at(2)), options(step.at(3))));
    } else if (kind == "operator") {
      done_.push_back(operator_expr(name, arguments(step.at(2)), options(step.at(3))));
    } else {
      throw Error(ErrorCode::kBadData, "there is no step of the kind '" + kind + "'");
    }
  }
  ExprPtr at(size_t i) const {
    if (i < done_.size()) return done_[i];
    throw Error(ErrorCode::kBadData, fmt::format("it names step {}, which is not before it", i));
  }
  size_t size() const { return done_.size(); }

 private:
  std::vector<ExprPtr> arguments(const json& numbers) const {
    std::vector<ExprPtr> out;
    for (const json& number : numbers) out.push_back(at(number.get<size_t>()));
    return out;
  }
  static Values options(const json& given) {
    Values out;
    for (const auto& [name, typed] : given.items()) {
      out.emplace(name, value_from_json(type_named(typed.at(0)), typed.at(1)));
    }
    return out;
  }

  std::vector<ExprPtr> done_;
};

}  // namespace

std::string expression_to_json(const ExprPtr& expr) {
  Writer writer;
  json out;
  out["result"] = writer.write(*expr);
  out["steps"] = writer.steps();
  return out.dump();
}

ExprPtr expression_from_json(std::string_view text) {
  Reader reader;
  try {
    const json written = json::parse(text);
    for (const json& step : written.at("steps")) reader.read(step);
    return reader.at(written.at("result").get<size_t>());
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kBadData,
                fmt::format("step {} of an expression is damaged: {}", reader.size(), e.what()));
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("step {} of an expression: {}", reader.size(), e.message()));
  }
}

}  // namespace weft
