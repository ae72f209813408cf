#include "kinetics/io/trials_csv.h"

#include "kinetics/io/records.h"
#include "kinetics/render/records.h"
#include "tests/test.h"

namespace kinetics {
namespace {

const TrialsCsvOptions kOptions = {.task = "mine", .max_tokens = 500, .prompt_tokens = 70};

TEST_CASE("one row a trial becomes runs, questions and lists of trials", "[import]") {
  const Records records = ReadTrialsCsv(
      "model,question,tokens,correct,attention,variant,prompt_tokens,answer\n"
      "m,q2,10,1,topk:64,,90,7\n"
      "m,q1,20.0,False,topk:64,,80,8\n"
      "m,q2,,0,topk:64,,90,9\n"
      "m,q1,5,true,,high,80,\n",
      "f", kOptions);
  CHECK(records.task == "mine");
  CHECK(records.max_tokens == 500);
  REQUIRE(records.questions.size() == 2);
  CHECK(records.questions[0].id == "q2");
  CHECK(records.questions[1].prompt_tokens == 80);
  REQUIRE(records.runs.size() == 2);
  const Run& run = records.runs[0];
  CHECK(FormatSpec(*run.attention) == "topk:64");
  CHECK(run.trials[0].tokens == std::vector<int64_t>{10, 0});
  CHECK(run.trials[0].correct == std::vector<uint8_t>{1, 0});
  CHECK(run.trials[0].answers == std::vector<std::string>{"7", "9"});
  CHECK(run.trials[1].tokens == std::vector<int64_t>{20});
  CHECK(run.trials[1].solved == 0);
  CHECK(records.runs[1].variant == "high");
  CHECK(records.runs[1].trials[0].answers.empty());
  CHECK_FALSE(records.runs[1].attention);
}

TEST_CASE("without a column prompt lengths come from the option", "[import]") {
  const std::string text = "model,question,tokens,correct\nm,1,10,1\n";
  CHECK(ReadTrialsCsv(text, "f", kOptions).questions[0].prompt_tokens == 70);
  CHECK(test::ErrorOf([&] { ReadTrialsCsv(text, "f", {.task = "t"}); }) ==
        "f:1: expected a column 'prompt_tokens', or --prompt-tokens for all questions");
}

TEST_CASE("ids of any length are written so that they read back", "[import]") {
  const std::string text = "model,question,tokens,correct\nm,1234567890123456789,10,1\n";
  const Records records = ReadTrialsCsv(text, "f", kOptions);
  CHECK(ReadRecords(RecordsJson(records, {}), "written").questions[0].id == "1234567890123456789");
}

TEST_CASE("a row that does not hold together is refused, with line and column", "[import]") {
  struct Row {
    const char* text;
    const char* message;
  };
  for (const Row& row :
       {Row{"model,question,tokens,corect\n",
            "f:1: unknown column 'corect'; expected model, question, tokens, correct, attention, "
            "variant, prompt_tokens or answer; did you mean correct?"},
        Row{"model,question,tokens\n", "f:1: expected a column 'correct'"},
        Row{"model,question,tokens,correct\n", "f: expected at least one row below the head"},
        Row{"model,question,tokens,correct\nm,1,-3,1\n",
            "f:2: tokens: expected a whole number of tokens, at least 0, found '-3'"},
        Row{"model,question,tokens,correct\nm,1,nan,1\n",
            "f:2: tokens: expected a whole number of tokens, at least 0, found 'nan'"},
        Row{"model,question,tokens,correct\nm,1,1.5,1\n",
            "f:2: tokens: expected a whole number of tokens, at least 0, found '1.5'"},
        Row{"model,question,tokens,correct\nm,1,3,yes\n",
            "f:2: correct: expected 0 or 1, found 'yes'"},
        Row{"model,question,tokens,correct\n,1,3,1\n", "f:2: model: expected a name, found ''"},
        Row{"model,question,tokens,correct,attention\nm,1,3,1,topk\n",
            "f:2: attention: expected an attention: dense, topk:TOP[+LOCAL], "
            "block_topk:BLOCKxCOUNT[+LOCAL] or sliding:WINDOW; found 'topk'"},
        Row{"model,question,tokens,correct,prompt_tokens\nm,1,3,1,5\nm,1,3,1,6\n",
            "f:3: prompt_tokens: expected 5 as in the question's first row, found '6'"},
        Row{"model,question,tokens,correct,answer\nm,1,3,1,5\nm,1,3,1,\n",
            "f:3: answer: expected an answer, as in the run's first row, found ''"}}) {
    CHECK(test::ErrorOf([&] { ReadTrialsCsv(row.text, "f", kOptions); }) == row.message);
  }
}

}  // namespace
}  // namespace kinetics
