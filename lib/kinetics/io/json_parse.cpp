#include "kinetics/io/json_parse.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/json_place.h"

namespace kinetics {
namespace {

using nlohmann::json;

constexpr size_t kDeepestNesting = 64;

/// What the parser could not read, after looking at `read` bytes.
Error SyntaxError(std::string_view source, std::string_view text, size_t read) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Error(fmt::format("{}: expected JSON, found an empty file", source));
  }
  const size_t offset = read == 0 ? 0 : read - 1;
  const size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t column = newline == std::string_view::npos ? offset + 1 : offset - newline;
  const std::string found = offset >= text.size()
                                ? "the end of the file"
                                : "'" + Excerpt(text.substr(offset, 20), 12) + "'";
  return Error(fmt::format("{}:{}:{}: expected JSON, found {}", source, LineAtOffset(text, offset),
                           column, found));
}

/// Builds the document from the parser's events, and refuses repeated keys and deep nesting, which
/// the library's own builder would let pass.
class DocumentBuilder {
 public:
  DocumentBuilder(std::string_view source, std::string_view text) : source_(source), text_(text) {}

  json Take() { return std::move(root_); }

  // The events, as json::sax_parse calls them.  NOLINTBEGIN(readability-identifier-naming)
  bool null() { return Add(nullptr); }
  bool boolean(bool x) { return Add(x); }
  bool number_integer(json::number_integer_t x) { return Add(x); }
  bool number_unsigned(json::number_unsigned_t x) { return Add(x); }
  bool number_float(json::number_float_t x, const std::string& /*text*/) { return Add(x); }
  bool string(std::string& x) { return Add(std::move(x)); }
  bool binary(json::binary_t& /*x*/) { return false; }
  bool start_object(size_t /*size*/) { return Open(json::object()); }
  bool start_array(size_t /*size*/) { return Open(json::array()); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool key(std::string& key) {
    Level& level = levels_.back();
    const auto [member, is_new] = level.value->emplace(key, nullptr);
    level.key = key;
    if (!is_new) {
      throw JsonErrorAt(source_, text_, Pointer(), "expected a key once, found it again");
    }
    level.member = &*member;
    return true;
  }

  bool parse_error(size_t read, const std::string& last, const json::exception& error) {
    if (dynamic_cast<const json::out_of_range*>(&error) != nullptr) {
      throw Error(fmt::format("{}:{}: expected numbers that fit a double, found {}", source_,
                              LineAtOffset(text_, read), Excerpt(last)));
    }
    throw SyntaxError(source_, text_, read);
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  struct Level {
    json* value;             // an object or a list, open
    json* member = nullptr;  // of an object: where the next value goes
    std::string key;         // of that member
  };

  template <typename T>
  bool Add(T&& x) {
    Place(json(std::forward<T>(x)));
    return true;
  }

  bool Open(json&& empty) {
    if (levels_.size() == kDeepestNesting) {
      throw JsonErrorAt(source_, text_, "",
                        fmt::format("expected JSON nested at most {} deep", kDeepestNesting));
    }
    levels_.push_back({.value = Place(std::move(empty)), .key = {}});
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  json* Place(json&& value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.member != nullptr) {
      *level.member = std::move(value);
      return level.member;
    }
    // Growing moves the list's elements, but only levels above hold pointers, to the list itself.
    level.value->push_back(std::move(value));
    return &level.value->back();
  }

  std::string Pointer() const {
    std::string pointer;
    for (const Level& level : levels_) {
      pointer += "/" + (level.value->is_object() ? EscapePointer(level.key)
                                                 : std::to_string(level.value->size() - 1));
    }
    return pointer;
  }

  std::string_view source_;
  std::string_view text_;
  json root_;
  std::vector<Level> levels_;
};

}  // namespace

json ParseJson(const std::string& text, const std::string& source) {
  DocumentBuilder builder(source, text);
  json::sax_parse(text, &builder);
  return builder.Take();
}

}  // namespace kinetics
