#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/io/json.h"
#include "kinetics/model/layer.h"

namespace kinetics {

/// Whether a list may go on after the layers, with entries for layers that predict further tokens.
enum class ListLength { kExact, kAtLeast };

/// Spellings of one key.
inline constexpr auto kLayerCountKeys =
    std::to_array<std::string_view>({"num_hidden_layers", "n_layer"});
inline constexpr auto kKvHeadKeys = std::to_array<std::string_view>(
    {"num_key_value_heads", "num_kv_heads", "multi_query_group_num"});
inline constexpr auto kHeadDimKeys =
    std::to_array<std::string_view>({"head_dim", "attention_head_dim", "kv_channels"});
inline constexpr auto kExpertKeys = std::to_array<std::string_view>(
    {"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"});
inline constexpr auto kExpertsPerTokenKeys =
    std::to_array<std::string_view>({"num_experts_per_tok", "experts_per_token",
                                     "num_experts_per_token", "moe_k", "top_k_experts"});
inline constexpr auto kWindowKeys =
    std::to_array<std::string_view>({"sliding_window", "sliding_window_size"});

/// The text model's part of a config.json. Keys have several spellings: the first that is there and
/// not null counts. All throw Error, naming line and JSON pointer, for a wrong type, a number out
/// of range, or a missing key without a default.
class ConfigScope {
 public:
  struct Keys : std::span<const std::string_view> {
    Keys(std::initializer_list<std::string_view> keys) : span(keys.begin(), keys.size()) {}
    template <size_t n>
    // NOLINTNEXTLINE(google-explicit-constructor): an array is as good as a list
    Keys(const std::array<std::string_view, n>& keys) : span(keys) {}
  };

  /// `root` must outlive this.
  explicit ConfigScope(const JsonValue& root);
  ConfigScope(const ConfigScope&) = delete;
  ConfigScope& operator=(const ConfigScope&) = delete;

  const JsonValue& Text() const { return path_.back(); }
  const JsonValue& Root() const { return path_.front(); }

  std::optional<JsonValue> Find(Keys keys) const;
  /// The spelling that counts.
  std::optional<std::string_view> FindKey(Keys keys) const;
  /// Whether one of the spellings is there, if with null.
  bool Has(Keys keys) const;
  /// Throws Error for a key that is there with null, or missing under each of its spellings.
  [[noreturn]] void FailMissing(Keys keys) const;

  /// From 1 to `most`.
  int64_t Size(Keys keys, int64_t most = kMostWidth) const;
  int64_t SizeOr(Keys keys, int64_t fallback) const;
  /// As SizeOr, but null is refused.
  int64_t SizeUnlessAbsent(Keys keys, int64_t fallback) const;
  std::optional<int64_t> FindSize(Keys keys, int64_t most = kMostWidth) const;
  /// The same, or 0.
  int64_t CountOr(Keys keys, int64_t fallback, int64_t most = kMostWidth) const;
  bool Flag(std::string_view key, bool fallback) const;
  /// A list with an element for each of `layers` layers; of numbers from 0 to `most`.
  std::optional<std::vector<int64_t>> Integers(std::string_view key, int64_t layers,
                                               ListLength length = ListLength::kExact,
                                               int64_t most = kMostWidth) const;
  std::optional<std::vector<std::string>> Strings(std::string_view key, int64_t layers,
                                                  ListLength length = ListLength::kExact) const;
  /// Layers that a list names by their number.
  std::vector<bool> Marked(std::string_view key, int64_t layers) const;

  /// Refuses a flag that is set, or a key that is there, where no formula covers it.
  void Refuse(std::string_view key, bool is_refused) const;

 private:
  std::optional<JsonValue> FindList(std::string_view key, int64_t layers, ListLength length) const;

  std::deque<JsonValue> path_;  // from the root down; each is the parent of the next
};

}  // namespace kinetics
