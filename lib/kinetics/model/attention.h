#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kinetics {

/// Which cached tokens a decode step attends to.
enum class AttentionKind {
  kDense,      ///< Every query attends to the whole context.
  kTopk,       ///< To the tokens of highest score, chosen by an oracle at no cost.
  kBlockTopk,  ///< To the blocks whose mean-pooled key scores highest (block search is charged).
  kSliding,    ///< To the last tokens.
};

/// How a decode step attends to the KV cache. Fields that the kind does not use are 0.
struct Attention {
  AttentionKind kind = AttentionKind::kDense;
  int64_t top_tokens = 0;     ///< kTopk: at least 1.
  int64_t block_tokens = 0;   ///< kBlockTopk: at least 1.
  int64_t top_blocks = 0;     ///< kBlockTopk: at least 1.
  int64_t local_tokens = 0;   ///< kTopk, kBlockTopk: most recent tokens always attended to.
  int64_t window_tokens = 0;  ///< kSliding: at least 1.

  auto operator<=>(const Attention&) const = default;
};

/// The most tokens that a decode step attends to; nullopt for dense attention (no limit).
std::optional<int64_t> KvBudget(const Attention& attention);

/// "dense", "topk", "block_topk" or "sliding".
std::string_view Name(AttentionKind kind);
/// The kind of that name; nullopt where there is none.
std::optional<AttentionKind> FindAttentionKind(std::string_view name);

/// `dense`, `topk:TOP[+LOCAL]`, `block_topk:BLOCKxCOUNT[+LOCAL]` or `sliding:WINDOW`.
std::string FormatSpec(const Attention& attention);

/// The inverse of FormatSpec. Throws Error, which quotes `spec` and says what was expected.
Attention ParseAttention(std::string_view spec);

/// A choice among recorded attentions: all of one kind, or exactly one.
struct AttentionFilter {
  AttentionKind kind = AttentionKind::kDense;
  std::optional<Attention> exactly;

  bool Matches(const Attention& attention) const {
    return exactly ? attention == *exactly : attention.kind == kind;
  }
};

/// Reads a spec, or a bare kind. Throws Error as ParseAttention does.
AttentionFilter ParseAttentionFilter(std::string_view spec);

}  // namespace kinetics
