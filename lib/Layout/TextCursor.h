//===-- TextCursor.h - Reading layouts and distributions from text ----------===//
//
// Private to lib/Layout: a cursor with the few tokens that the two small languages share. The first failure
// is kept; afterwards every call fails, so a parser may check once at the end of a phrase.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_LAYOUT_TEXTCURSOR_H
#define ASHLAR_LIB_LAYOUT_TEXTCURSOR_H

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::layout {

class TextCursor {
public:
  explicit TextCursor(std::string_view text) : text(text) {}

  bool failed() const { return !message.empty(); }
  const std::string &error() const { return message; }

  /// Records the first failure: "expected WHAT at column N".
  void fail(std::string_view what) {
    if (message.empty())
      message = "expected " + std::string(what) + " at column " + std::to_string(position + 1);
  }

  /// Whether the next token starts with `c`; does not consume it.
  bool peek(char c) {
    skipSpace();
    return !failed() && position < text.size() && text[position] == c;
  }

  /// Consumes `word` if it comes next.
  bool accept(std::string_view word) {
    skipSpace();
    if (failed() || text.substr(position, word.size()) != word)
      return false;
    position += word.size();
    return true;
  }

  bool expect(std::string_view word) {
    if (accept(word))
      return true;
    fail("'" + std::string(word) + "'");
    return false;
  }

  /// A decimal integer without sign; fails where it does not fit 64 bits.
  int64_t integer() {
    skipSpace();
    int64_t result = 0;
    if (failed())
      return result;
    const char *begin = text.data() + position, *end = text.data() + text.size();
    bool digit = begin != end && *begin >= '0' && *begin <= '9';
    auto [next, code] = std::from_chars(begin, end, result);
    if (!digit || code != std::errc()) {
      fail("an integer in the range of 64 bits");
      return 0;
    }
    position += size_t(next - begin);
    return result;
  }

  /// What has not been read yet.
  std::string_view rest() const { return text.substr(position); }

  bool expectEnd() {
    skipSpace();
    if (!failed() && position != text.size())
      fail("the end of the text");
    return !failed();
  }

private:
  void skipSpace() {
    while (position < text.size() &&
           (text[position] == ' ' || text[position] == '\t' || text[position] == '\n'))
      ++position;
  }

  std::string_view text;
  size_t position = 0;
  std::string message;
};

} // namespace ashlar::layout

#endif // ASHLAR_LIB_LAYOUT_TEXTCURSOR_H
