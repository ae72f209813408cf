#include "kinetics/model/attention.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {"dense", "topk", "block_topk", "sliding"};

[[noreturn]] void FailSpec(std::string_view spec) {
  const std::string kind(spec.substr(0, spec.find(':')));
  const std::vector<std::string> kinds(kKindNames.begin(), kKindNames.end());
  throw Error(
      fmt::format("expected an attention: dense, topk:TOP[+LOCAL], block_topk:BLOCKxCOUNT[+LOCAL] "
                  "or sliding:WINDOW; found '{}'{}",
                  Excerpt(spec), FindAttentionKind(kind) ? "" : DidYouMean(kind, kinds)));
}

int64_t ParseTokens(std::string_view text, std::string_view spec) {
  const auto tokens = ParseInteger(text);
  if (!tokens || *tokens < 1 || *tokens > kMostTokens) {
    FailSpec(spec);
  }
  return *tokens;
}

}  // namespace

std::optional<int64_t> KvBudget(const Attention& attention) {
  switch (attention.kind) {
    case AttentionKind::kDense:
      return std::nullopt;
    case AttentionKind::kTopk:
      return attention.top_tokens + attention.local_tokens;
    case AttentionKind::kBlockTopk:
      return attention.block_tokens * attention.top_blocks + attention.local_tokens;
    case AttentionKind::kSliding:
      return attention.window_tokens;
  }
  return std::nullopt;
}

std::string_view Name(AttentionKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::optional<AttentionKind> FindAttentionKind(std::string_view name) {
  for (size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) {
      return static_cast<AttentionKind>(i);
    }
  }
  return std::nullopt;
}

std::string FormatSpec(const Attention& attention) {
  const std::string local =
      attention.local_tokens > 0 ? fmt::format("+{}", attention.local_tokens) : "";
  switch (attention.kind) {
    case AttentionKind::kDense:
      return "dense";
    case AttentionKind::kTopk:
      return fmt::format("topk:{}{}", attention.top_tokens, local);
    case AttentionKind::kBlockTopk:
      return fmt::format("block_topk:{}x{}{}", attention.block_tokens, attention.top_blocks, local);
    case AttentionKind::kSliding:
      return fmt::format("sliding:{}", attention.window_tokens);
  }
  return "";
}

Attention ParseAttention(std::string_view spec) {
  const size_t colon = spec.find(':');
  const auto kind = FindAttentionKind(spec.substr(0, colon));
  const bool has_sizes = colon != std::string_view::npos;
  if (!kind || has_sizes == (*kind == AttentionKind::kDense)) {
    FailSpec(spec);
  }
  Attention attention = {.kind = *kind};
  if (*kind == AttentionKind::kDense) {
    return attention;
  }
  std::string_view sizes = spec.substr(colon + 1);
  const size_t plus = sizes.find('+');
  if (plus != std::string_view::npos && *kind != AttentionKind::kSliding) {
    attention.local_tokens = ParseTokens(sizes.substr(plus + 1), spec);
    sizes = sizes.substr(0, plus);
  }
  if (*kind == AttentionKind::kTopk) {
    attention.top_tokens = ParseTokens(sizes, spec);
  } else if (*kind == AttentionKind::kSliding) {
    attention.window_tokens = ParseTokens(sizes, spec);
  } else {
    const size_t x = sizes.find('x');
    if (x == std::string_view::npos) {
      FailSpec(spec);
    }
    attention.block_tokens = ParseTokens(sizes.substr(0, x), spec);
    attention.top_blocks = ParseTokens(sizes.substr(x + 1), spec);
  }
  return attention;
}

AttentionFilter ParseAttentionFilter(std::string_view spec) {
  if (const auto kind = FindAttentionKind(spec)) {
    return {.kind = *kind, .exactly = std::nullopt};
  }
  const Attention attention = ParseAttention(spec);
  return {.kind = attention.kind, .exactly = attention};
}

}  // namespace kinetics
