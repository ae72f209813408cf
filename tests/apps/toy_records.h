#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "kinetics/records/records.h"
#include "tests/test.h"

namespace kinetics::test {

/// What made-up records hold: every model with every attention on every question.
struct ToyOptions {
  std::vector<std::string> models = {"Qwen3-0.6B", "Qwen3-1.7B", "Qwen3-4B", "Qwen3-8B"};
  std::vector<std::string> attentions = {"dense", "topk:64", "topk:512"};
  size_t questions = 6;
  int64_t trials = 8;
  bool with_correct = false;  ///< Whether they say which trials were right.
};

/// The limit that the trials ran under; a trial that reaches it is wrong.
constexpr int64_t kToyLimit = 16'000;

/// The same records at every call. A larger model and a larger KV budget solve more, a later
/// question is harder and longer; lengths are around 4,000 to 14,000 tokens.
Records ToyRecords(const ToyOptions& options = {});

/// Writes records to a file of the folder and returns its path.
std::string WriteRecords(const TemporaryFolder& folder, const std::string& name,
                         const Records& records);

/// A report of this schema; fails the test on what is not JSON (a NaN is not) or of another one.
nlohmann::json ParseReport(const std::string& text, const std::string& schema);

/// Fails the test on a line above 80 columns, blanks at its end, or a number that is none.
void CheckTable(const std::string& text);

/// Fails the test unless the program ended with this status, this one line on standard error, and
/// nothing on standard output.
void CheckRefused(const ProgramResult& result, int status, const std::string& message);

/// A folder with records.json and law.json, the law fitted to them.
class ToyLaw {
 public:
  explicit ToyLaw(const Records& records = ToyRecords());

  const TemporaryFolder& Folder() const { return folder_; }
  const std::string& RecordsPath() const { return records_; }
  const std::string& LawPath() const { return law_; }
  /// `plan --law law.json` with these further arguments, 40 draws of the law without --bootstrap.
  ProgramResult Plan(const std::vector<std::string>& more) const;
  /// The same as JSON; it has to succeed.
  nlohmann::json PlanJson(const std::vector<std::string>& more) const;

 private:
  TemporaryFolder folder_;
  std::string records_;
  std::string law_;
};

}  // namespace kinetics::test
