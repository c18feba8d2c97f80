//===-- BindSymbols.cpp - dimension symbols from the inputs' sizes --------===//
//
// Each symbol takes its value from the axis the manifest names; then every input must have the type's sizes,
// and the sizes together must fulfil what the kernels rely on.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Runtime/Executable.h"

#include <algorithm>

namespace ashlar::runtime {

using package::Dim;
using package::DimSymbol;
using package::Expression;
using package::Function;
using package::SizeCheck;
using package::Tensor;

static std::string shapeText(std::span<const int64_t> dims) {
  std::string text;
  for (int64_t dim : dims)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text.empty() ? "a scalar" : text;
}

static std::string typeText(const Function &function, const Tensor &tensor) {
  std::string text;
  for (const Dim &dim : tensor.type.dims)
    text += (dim.symbol ? function.symbols[*dim.symbol].name : std::to_string(dim.size)) + "x";
  return text + elementTypeName(tensor.type.element);
}

static Status wrongShape(const Function &function, size_t index, std::span<const int64_t> dims) {
  const Tensor &tensor = function.inputs[index];
  return invalidArgument("input " + std::to_string(index) + " ('" + tensor.name + "') has shape " + shapeText(dims) +
                         ", expected " + typeText(function, tensor));
}

static Status checkSymbol(const DimSymbol &symbol, int64_t value) {
  if (value < 0 || value > symbol.max.value_or(package::ManifestLimits::dimSize))
    return invalidArgument("dimension '" + symbol.name + "' is " + std::to_string(value) + ", outside 0.." +
                           std::to_string(symbol.max.value_or(package::ManifestLimits::dimSize)));
  if (value % symbol.multipleOf != 0)
    return invalidArgument("dimension '" + symbol.name + "' is " + std::to_string(value) +
                           ", which is no multiple of " + std::to_string(symbol.multipleOf));
  return {};
}

//===----------------------------------------------------------------------===//
// Size checks
//===----------------------------------------------------------------------===//

/// Every symbol of an expression, in order of appearance.
static void collectSymbols(const Expression &expression, std::vector<unsigned> &symbols) {
  if (expression.kind() == Expression::Kind::Dim)
    if (auto symbol = static_cast<unsigned>(expression.value());
        std::find(symbols.begin(), symbols.end(), symbol) == symbols.end())
      symbols.push_back(symbol);
  for (const Expression &operand : expression.operands())
    collectSymbols(operand, symbols);
}

/// "dimension 1 of input 0 is 7", "what follows from dimension 1 of input 0 and dimension 0 of input 2 is
/// 49", "7".
static std::string describe(const Function &function, const Expression &side, int64_t value) {
  std::vector<unsigned> symbols;
  collectSymbols(side, symbols);
  std::string text = symbols.empty() || side.kind() == Expression::Kind::Dim ? "" : "what follows from ";
  for (size_t i = 0; i < symbols.size(); ++i) {
    const DimSymbol &symbol = function.symbols[symbols[i]];
    text += (i ? " and " : "") + std::string("dimension ") + std::to_string(symbol.axis) + " of input " +
            std::to_string(symbol.input) + " ('" + function.inputs[symbol.input].name + "')";
  }
  return text + (symbols.empty() ? "" : " is ") + std::to_string(value);
}

static std::string describeFailure(const Function &function, const SizeCheck &check, int64_t left,
                                   int64_t right) {
  bool isEqual = check.relation == SizeCheck::Relation::Equal;
  std::string text = "function '" + function.name + "': " + describe(function, check.left, left);
  if (!check.right.isDynamic())
    text += std::string(", but must be ") + (isEqual ? "" : "at most ") + std::to_string(right);
  else
    text += " and " + describe(function, check.right, right) +
            (isEqual ? ", but they must be equal" : ", but the first must not be larger");
  return text + ": " + check.reason;
}

static Status checkSizes(const Function &function, std::span<const int64_t> symbols) {
  for (const SizeCheck &check : function.checks) {
    Expected<int64_t> left = check.left.evaluate(symbols), right = check.right.evaluate(symbols);
    if (!left || !right)
      return (left ? right : left).status().withContext("function '" + function.name + "', " + check.reason);
    if (check.relation == SizeCheck::Relation::Equal ? *left != *right : *left > *right)
      return invalidArgument(describeFailure(function, check, *left, *right));
  }
  return {};
}

Status bindSymbols(const Function &function, std::span<const TensorBuffer> inputs, std::span<int64_t> symbols) {
  if (inputs.size() != function.inputs.size())
    return invalidArgument("function '" + function.name + "' takes " + std::to_string(function.inputs.size()) +
                           " inputs, not " + std::to_string(inputs.size()));
  if (symbols.size() != function.symbols.size())
    return invalidArgument("function '" + function.name + "' has " + std::to_string(function.symbols.size()) +
                           " dimension symbols, not " + std::to_string(symbols.size()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const package::TensorType &type = function.inputs[i].type;
    bool isImplicit = inputs[i].dims.empty() && !type.isDynamic();
    if (!isImplicit && inputs[i].dims.size() != type.dims.size())
      return wrongShape(function, i, inputs[i].dims);
  }
  for (size_t i = 0; i < symbols.size(); ++i) {
    const DimSymbol &symbol = function.symbols[i];
    symbols[i] = inputs[symbol.input].dims[symbol.axis];
    ASHLAR_RETURN_IF_ERROR(checkSymbol(symbol, symbols[i]));
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    for (size_t axis = 0; axis < inputs[i].dims.size(); ++axis) {
      const Dim &dim = function.inputs[i].type.dims[axis];
      if (inputs[i].dims[axis] != (dim.symbol ? symbols[*dim.symbol] : dim.size))
        return wrongShape(function, i, inputs[i].dims);
    }
  return checkSizes(function, symbols);
}

} // namespace ashlar::runtime
