//===-- LayoutText.cpp - Layouts as text ------------------------------------===//
//
// `(8,(2,4)):(4,(1,32))`: the tuple of shapes, a colon, and the congruent tuple of strides.
//
//===------------------------------------------------------------------------===//

#include "Failure.h"
#include "TextCursor.h"
#include "ashlar/Layout/Layout.h"

namespace ashlar::layout {

static void printTuple(const Layout &layout, bool strides, std::string &out) {
  if (layout.isLeaf()) {
    Leaf leaf = layout.leaves().front();
    out += std::to_string(strides ? leaf.stride : leaf.shape);
    return;
  }
  out += '(';
  for (int i = 0; i < layout.rank(); ++i) {
    out += i ? "," : "";
    printTuple(layout.mode(i), strides, out);
  }
  out += ')';
}

std::string Layout::print() const {
  std::string result;
  printTuple(*this, /*strides=*/false, result);
  result += ':';
  printTuple(*this, /*strides=*/true, result);
  return result;
}

namespace {
/// A number or a tuple, as read; shapes and strides are two of them.
struct Tuple {
  int64_t number = 0;
  bool isTuple = false;
  std::vector<Tuple> items;
};
} // namespace

static Tuple parseTuple(TextCursor &cursor, int depth) {
  Tuple result;
  if (!cursor.accept("(")) {
    result.number = cursor.integer();
    return result;
  }
  result.isTuple = true;
  if (depth >= Layout::maxDepth) {
    cursor.fail("at most 16 levels of nesting");
    return result;
  }
  if (cursor.accept(")"))
    return result;
  do
    result.items.push_back(parseTuple(cursor, depth + 1));
  while (cursor.accept(","));
  cursor.expect(")");
  return result;
}

static std::optional<Layout> build(const Tuple &shape, const Tuple &stride, std::string *error) {
  if (shape.isTuple != stride.isTuple || shape.items.size() != stride.items.size())
    return failure(error, "the shape and the strides are nested differently");
  if (!shape.isTuple)
    return Layout::leaf(shape.number, stride.number, error);
  std::vector<Layout> modes;
  for (size_t i = 0; i < shape.items.size(); ++i) {
    std::optional<Layout> mode = build(shape.items[i], stride.items[i], error);
    if (!mode)
      return std::nullopt;
    modes.push_back(std::move(*mode));
  }
  return Layout::concat(modes, error);
}

std::optional<Layout> Layout::parse(std::string_view text, std::string *error) {
  TextCursor cursor(text);
  Tuple shape = parseTuple(cursor, 0);
  cursor.expect(":");
  Tuple stride = parseTuple(cursor, 0);
  if (!cursor.expectEnd())
    return failure(error, cursor.error());
  return build(shape, stride, error);
}

} // namespace ashlar::layout
