#include "kinetics/records/majority.h"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>
#include <map>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

/// Pascal's triangle: (n, k) holds C(n, k).
Eigen::MatrixXd Binomials(Eigen::Index n) {
  Eigen::MatrixXd binomials = Eigen::MatrixXd::Zero(n + 1, n + 1);
  binomials.col(0).setOnes();
  for (Eigen::Index i = 1; i <= n; ++i) {
    for (Eigen::Index k = 1; k <= i; ++k) {
      binomials(i, k) = binomials(i - 1, k - 1) + binomials(i - 1, k);
    }
  }
  return binomials;
}

/// Sums up the ways to draw votes so that a right answer wins.
class VoteCounter {
 public:
  VoteCounter(const AnswerVotes& votes, int64_t attempts, int64_t max_samples)
      : votes_(votes),
        samples_(max_samples),
        binomials_(Binomials(attempts)),
        wins_(Eigen::VectorXd::Zero(max_samples + 1)) {}

  Eigen::VectorXd Wins() {
    for (size_t r = 0; r < votes_.answers.size(); ++r) {
      const AnswerVotes::Answer& answer = votes_.answers[r];
      for (Eigen::Index j = 1; answer.right && j <= std::min(answer.votes, samples_); ++j) {
        AddWins(r, j);
      }
    }
    return wins_;
  }

  double Draws(Eigen::Index attempts, Eigen::Index samples) const {
    return binomials_(attempts, samples);
  }

 private:
  /// Where answer `winner` has `top` votes and no other has more.
  void AddWins(size_t winner, Eigen::Index top) {
    const Eigen::Index rest = samples_ - top;
    int64_t harmless = votes_.abstentions;
    std::vector<int64_t> rivals;
    for (size_t i = 0; i < votes_.answers.size(); ++i) {
      const int64_t count = votes_.answers[i].votes;
      if (i != winner && count >= top) {
        rivals.push_back(count);
      } else if (i != winner) {
        harmless += count;
      }
    }
    // ways(v, s): v votes drawn, s rivals at `top` of them.
    const auto most_ties = static_cast<Eigen::Index>(rivals.size());
    Eigen::MatrixXd ways = Eigen::MatrixXd::Zero(rest + 1, most_ties + 1);
    const Eigen::Index drawn = std::min<Eigen::Index>(rest, harmless);
    ways.col(0).head(drawn + 1) = binomials_.row(harmless).head(drawn + 1).transpose();
    for (const int64_t rival : rivals) {
      ways = WithRival(ways, rival, top);
    }
    const double of_winner = binomials_(votes_.answers[winner].votes, top);
    for (Eigen::Index s = 0; s <= most_ties; ++s) {
      wins_.tail(rest + 1) += of_winner / static_cast<double>(s + 1) * ways.col(s);
    }
  }

  /// The ways with one more rival, of which at most `top` votes are drawn.
  Eigen::MatrixXd WithRival(const Eigen::MatrixXd& ways, int64_t rival, Eigen::Index top) const {
    const Eigen::Index rows = ways.rows();
    Eigen::MatrixXd with = Eigen::MatrixXd::Zero(rows, ways.cols());
    for (Eigen::Index votes = 0; votes <= std::min(top, rows - 1); ++votes) {
      const double draws = binomials_(rival, votes);
      if (votes < top) {
        with.bottomRows(rows - votes) += draws * ways.topRows(rows - votes);
      } else {
        with.bottomRightCorner(rows - votes, ways.cols() - 1) +=
            draws * ways.topLeftCorner(rows - votes, ways.cols() - 1);
      }
    }
    return with;
  }

  const AnswerVotes& votes_;
  int64_t samples_;
  Eigen::MatrixXd binomials_;
  Eigen::VectorXd wins_;  // by number of samples
};

}  // namespace

AnswerVotes CountVotes(const TrialList& list, std::optional<int64_t> limit, ErrorPolicy errors) {
  assert(list.answers.size() == list.tokens.size() && list.correct.size() == list.tokens.size());
  AnswerVotes votes = {.abstentions = errors == ErrorPolicy::kWrong ? list.errors : 0};
  std::map<std::string, std::pair<int64_t, bool>> counts;  // how often it counts, whether right
  for (size_t i = 0; i < list.answers.size(); ++i) {
    const std::string& answer = list.answers[i];
    const bool right = list.correct[i] != 0;
    if (answer.empty() && right) {
      throw Error("expected an answer where a trial is marked right, found an empty one");
    }
    const auto [entry, is_new] = counts.try_emplace(answer, 0, right);
    if (entry->second.second != right) {
      throw Error("expected each answer to be marked right or wrong throughout, found both for '" +
                  Excerpt(answer) + "'");
    }
    const bool is_vote = !answer.empty() && !(limit && list.tokens[i] > *limit);
    entry->second.first += is_vote ? 1 : 0;
    votes.abstentions += is_vote ? 0 : 1;
  }
  for (const auto& [answer, count] : counts) {
    if (count.first > 0) {
      votes.answers.push_back({.votes = count.first, .right = count.second});
    }
  }
  return votes;
}

std::vector<double> MajorityCurve(const AnswerVotes& votes, int64_t max_samples) {
  int64_t attempts = votes.abstentions;
  for (const AnswerVotes::Answer& answer : votes.answers) {
    attempts += answer.votes;
  }
  assert(max_samples <= attempts && attempts <= kMostVoters);
  VoteCounter counter(votes, attempts, max_samples);
  const Eigen::VectorXd wins = counter.Wins();
  std::vector<double> curve;
  for (Eigen::Index samples = 1; samples <= max_samples; ++samples) {
    curve.push_back(std::min(1.0, wins[samples] / counter.Draws(attempts, samples)));
  }
  return curve;
}

}  // namespace kinetics
