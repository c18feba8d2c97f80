//===-- Expression.h - integer expressions over run-time dimensions -*- C++ -*-===//
//
// Grid sizes, arena offsets and kernel arguments depend on dimensions that are known when a function is called.
// An Expression is the small tree that says how: int64 constants, dimension symbols of the function (by index) and
//   +  -  *  ceildiv  floordiv  mod  max  min
// Evaluation is checked: an overflow, a division by zero or below is an error value, never undefined behaviour.
// Division and modulus follow mathematics (floordiv rounds down; mod takes the divisor's sign) and ask for a
// divisor of at least 1.
//
// In manifest.json a constant is a number, a symbol ["dim", "M"], an operation ["ceildiv", e1, e2]; + * max and min
// also take more than two operands.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PACKAGE_EXPRESSION_H
#define ASHLAR_PACKAGE_EXPRESSION_H

#include "ashlar/Support/Status.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ashlar::package {

class Expression {
public:
  enum class Kind { Constant, Dim, Add, Sub, Mul, CeilDiv, FloorDiv, Mod, Max, Min };

  /// The constant 0.
  Expression() = default;
  Expression(int64_t constant) : number(constant) {}

  /// Dimension symbol `index` of the function's table.
  static Expression dim(unsigned index);
  /// `kind` applied to `operands`, at least two; exactly two for Sub, CeilDiv, FloorDiv and Mod.
  static Expression make(Kind kind, std::vector<Expression> operands);
  static Expression ceilDiv(Expression a, Expression b) { return make(Kind::CeilDiv, {std::move(a), std::move(b)}); }
  static Expression floorDiv(Expression a, Expression b) { return make(Kind::FloorDiv, {std::move(a), std::move(b)}); }
  static Expression mod(Expression a, Expression b) { return make(Kind::Mod, {std::move(a), std::move(b)}); }
  static Expression max(Expression a, Expression b) { return make(Kind::Max, {std::move(a), std::move(b)}); }
  static Expression min(Expression a, Expression b) { return make(Kind::Min, {std::move(a), std::move(b)}); }
  friend Expression operator+(Expression a, Expression b) { return make(Kind::Add, {std::move(a), std::move(b)}); }
  friend Expression operator-(Expression a, Expression b) { return make(Kind::Sub, {std::move(a), std::move(b)}); }
  friend Expression operator*(Expression a, Expression b) { return make(Kind::Mul, {std::move(a), std::move(b)}); }

  Kind kind() const { return nodeKind; }
  /// The constant of a Constant node, the symbol index of a Dim node.
  int64_t value() const { return number; }
  const std::vector<Expression> &operands() const { return children; }

  /// The value where symbol i has the value dims[i].
  Expected<int64_t> evaluate(std::span<const int64_t> dims) const;
  /// The value when no symbol occurs in it and it evaluates.
  std::optional<int64_t> constantValue() const;
  /// True when a symbol occurs in it.
  bool isDynamic() const;
  /// Largest symbol index in it plus one; 0 when there is none.
  unsigned numDimsUsed() const;

  bool operator==(const Expression &other) const = default;

private:
  Kind nodeKind = Kind::Constant;
  int64_t number = 0;
  std::vector<Expression> children;
};

} // namespace ashlar::package

#endif // ASHLAR_PACKAGE_EXPRESSION_H
