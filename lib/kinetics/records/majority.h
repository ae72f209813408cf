#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kinetics/records/records.h"

namespace kinetics {

/// How often each answer was given to one question.
struct AnswerVotes {
  struct Answer {
    int64_t votes = 0;  ///< At least 1.
    bool right = false;
  };
  std::vector<Answer> answers;
  int64_t abstentions = 0;  ///< Attempts without an answer.
};

/// The votes of a list that records `answers` and `correct`. Answers are compared as they stand; an
/// empty one, an attempt that ended without an answer (where errors count), and a trial cut at the
/// limit are abstentions. Throws Error on an answer that is marked right and wrong, or an empty one
/// that is marked right.
AnswerVotes CountVotes(const TrialList& list, std::optional<int64_t> limit, ErrorPolicy errors);

/// The most attempts of a question that MajorityCurve is for: its binomials fit doubles with room
/// to spare, and one question takes less than a second.
inline constexpr int64_t kMostVoters = 256;

/// The chance that the most frequent answer of N attempts, drawn without replacement from the n
/// recorded, is right; of equally frequent ones each is taken with the same chance, and without any
/// vote there is none. For N = 1..max_samples, max_samples <= n <= kMostVoters.
///
/// Exact: summed over the right answers r and the number j of votes for the winner, of the ways to
/// give r exactly j votes and every other answer at most j,
///
///   P(N) = sum_r sum_j C(m_r, j) sum_s W(N - j, s) / (s + 1) / C(n, N)
///
/// where m are the recorded votes and W(v, s) the ways to draw v of the others so that s of them
/// have j votes too. Those with m < j can do neither harm and count as C(sum m, v). All terms are
/// positive, so that nothing cancels. O(n^3 log n).
std::vector<double> MajorityCurve(const AnswerVotes& votes, int64_t max_samples);

}  // namespace kinetics
