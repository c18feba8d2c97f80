//===-- DistributionText.cpp - Distributions as text ------------------------===//
//
// `thread = [4:2@1, 8:1@0, 2:0], value = [2:1@1, 2:8@0]`: printed, and read back.
//
//===------------------------------------------------------------------------===//

#include "Failure.h"
#include "ModeText.h"
#include "TextCursor.h"

namespace ashlar::layout {

std::string printMode(const Mode &mode) {
  std::string result = std::to_string(mode.size) + ":" + std::to_string(mode.stride);
  if (mode.stride != 0)
    result += "@" + std::to_string(mode.dim);
  return result;
}

static std::string printModes(const std::vector<Mode> &modes) {
  std::string result = "[";
  for (size_t i = 0; i < modes.size(); ++i)
    result += (i ? ", " : "") + printMode(modes[i]);
  return result + "]";
}

std::string Distribution::print() const {
  return "thread = " + printModes(threadList) + ", value = " + printModes(valueList);
}

static Mode parseMode(TextCursor &cursor) {
  Mode mode{1, 0, 0};
  mode.size = cursor.integer();
  cursor.expect(":");
  mode.stride = cursor.integer();
  bool hasDim = mode.stride == 0 ? cursor.accept("@") : cursor.expect("@");
  if (!hasDim)
    return mode;
  int64_t dim = cursor.integer();
  if (dim >= Distribution::maxRank)
    cursor.fail("a dimension below " + std::to_string(Distribution::maxRank));
  else
    mode.dim = int(dim);
  return mode;
}

static std::vector<Mode> parseModes(TextCursor &cursor, std::string_view name) {
  std::vector<Mode> modes;
  cursor.expect(name);
  cursor.expect("=");
  cursor.expect("[");
  if (cursor.accept("]"))
    return modes;
  do
    modes.push_back(parseMode(cursor));
  while (cursor.accept(","));
  cursor.expect("]");
  return modes;
}

std::optional<Distribution> Distribution::parse(std::string_view text, std::string *error) {
  TextCursor cursor(text);
  std::vector<Mode> thread = parseModes(cursor, "thread");
  cursor.expect(",");
  std::vector<Mode> value = parseModes(cursor, "value");
  if (!cursor.expectEnd())
    return failure(error, cursor.error());
  return make(std::move(thread), std::move(value), error);
}

} // namespace ashlar::layout
