//===-- Expression.cpp - integer expressions over run-time dimensions -----===//
//
// Checked evaluation and the few queries the manifest and the runtime ask of an expression.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Expression.h"

#include <algorithm>
#include <string>

namespace ashlar::package {

Expression Expression::dim(unsigned index) {
  Expression result;
  result.nodeKind = Kind::Dim;
  result.number = index;
  return result;
}

Expression Expression::make(Kind kind, std::vector<Expression> operands) {
  Expression result;
  result.nodeKind = kind;
  result.children = std::move(operands);
  return result;
}

static Status overflow(int64_t a, const char *operation, int64_t b) {
  return invalidArgument("integer overflow in " + std::to_string(a) + " " + operation + " " + std::to_string(b));
}

/// Quotient rounded down, for a divisor of at least 1; can't overflow.
static int64_t floorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static Expected<int64_t> apply(Expression::Kind kind, int64_t a, int64_t b) {
  using Kind = Expression::Kind;
  int64_t result = 0;
  switch (kind) {
  case Kind::Add:
    if (__builtin_add_overflow(a, b, &result))
      return overflow(a, "+", b);
    return result;
  case Kind::Sub:
    if (__builtin_sub_overflow(a, b, &result))
      return overflow(a, "-", b);
    return result;
  case Kind::Mul:
    if (__builtin_mul_overflow(a, b, &result))
      return overflow(a, "*", b);
    return result;
  case Kind::Max:
    return std::max(a, b);
  case Kind::Min:
    return std::min(a, b);
  case Kind::CeilDiv:
  case Kind::FloorDiv:
  case Kind::Mod:
    if (b < 1)
      return invalidArgument("division by " + std::to_string(b) + "; the divisor must be at least 1");
    if (kind == Kind::FloorDiv)
      return floorDivide(a, b);
    if (kind == Kind::CeilDiv)
      return a / b + (a % b > 0);
    return a % b < 0 ? a % b + b : a % b;
  case Kind::Constant:
  case Kind::Dim:
    break;
  }
  return Status(StatusCode::Internal, "not an operation");
}

Expected<int64_t> Expression::evaluate(std::span<const int64_t> dims) const {
  if (nodeKind == Kind::Constant)
    return number;
  if (nodeKind == Kind::Dim) {
    if (number < 0 || static_cast<uint64_t>(number) >= dims.size())
      return invalidArgument("dimension symbol " + std::to_string(number) + " has no value");
    return dims[static_cast<size_t>(number)];
  }
  if (children.empty())
    return invalidArgument("an operation without operands");
  ASHLAR_ASSIGN_OR_RETURN(int64_t result, children[0].evaluate(dims));
  for (size_t i = 1; i < children.size(); ++i) {
    ASHLAR_ASSIGN_OR_RETURN(int64_t operand, children[i].evaluate(dims));
    ASHLAR_ASSIGN_OR_RETURN(result, apply(nodeKind, result, operand));
  }
  return result;
}

std::optional<int64_t> Expression::constantValue() const {
  if (isDynamic())
    return std::nullopt;
  Expected<int64_t> value = evaluate({});
  return value ? std::optional<int64_t>(*value) : std::nullopt;
}

bool Expression::isDynamic() const { return numDimsUsed() > 0; }

unsigned Expression::numDimsUsed() const {
  unsigned result = nodeKind == Kind::Dim ? static_cast<unsigned>(number) + 1 : 0;
  for (const Expression &child : children)
    result = std::max(result, child.numDimsUsed());
  return result;
}

} // namespace ashlar::package
