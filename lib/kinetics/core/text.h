#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kinetics {

/// The parts of `text` between separators; "a,,b" has three, "" has one (empty).
std::vector<std::string> Split(std::string_view text, char separator);

/// ASCII lower case.
std::string ToLower(std::string_view text);

/// A decimal number at the start of `text` and what follows it.
struct LeadingNumber {
  double value = 0;
  std::string_view rest;
};

/// Reads digits with an optional sign, fraction and exponent; nullopt where there are none, or
/// where the value does not fit a double. Never reads blanks, hexadecimal, "inf" or "nan".
std::optional<LeadingNumber> ReadLeadingNumber(std::string_view text);

/// The whole of `text` as a finite decimal number; nullopt otherwise.
std::optional<double> ParseNumber(std::string_view text);

/// The whole of `text` as a decimal integer that fits 64 bits; nullopt otherwise.
std::optional<int64_t> ParseInteger(std::string_view text);

/// The fewest insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`,
/// without regard to case (optimal string alignment distance).
int EditDistance(std::string_view a, std::string_view b);

/// "; did you mean X?" for the nearest of `names`, or "" where none is near (more than a third of
/// its letters differ). Ready to be appended to an error's text.
std::string DidYouMean(std::string_view name, std::span<const std::string> names);

/// Where `text` stops being UTF-8; nullopt where it is.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

/// Whether `text` can name something: not empty, and without control characters.
bool IsName(std::string_view text);

/// "a, b, c".
std::string Join(std::span<const std::string> parts);

/// "a, b or c".
std::string JoinAlternatives(std::span<const std::string> names);

/// `text` on one line and at most `size` bytes long, for quoting input in an error: control bytes
/// and bytes that are not ASCII become '?', and "..." ends what was cut.
std::string Excerpt(std::string_view text, size_t size = 40);

}  // namespace kinetics
