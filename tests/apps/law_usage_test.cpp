// What `kinetics fit law` and `kinetics plan --law` refuse: 2 where the arguments alone decide, 1
// where names, files or data do.
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using test::CheckRefused;
using test::RunProgram;

struct LawRefusal {
  std::vector<std::string> arguments;
  int status;
  std::string message;
};

TEST_CASE("what no law can be fitted to ends with its status and one clear line",
          "[program][law]") {
  const test::TemporaryFolder folder;
  const std::string records = test::WriteRecords(folder, "r.json", test::ToyRecords());
  const std::string text = folder.Write("text", "not JSON");
  const std::string hardware =
      folder.Write("h.json", test::SourceFile("configs/hardware/h100.json"));
  for (const LawRefusal& refusal : std::vector<LawRefusal>{
           {{"--validate", "f", "--cross-validate", "run"},
            2,
            "--validate and --cross-validate exclude each other"},
           {{"--hardware", "b200,h100"}, 2, "--hardware: expected one device"},
           {{"--cross-validate", "runs"},
            2,
            "--cross-validate: expected run, model, budget or question, found 'runs'; did you mean "
            "run?"},
           {{"--bootstrap", "-3"},
            2,
            "--bootstrap: expected a whole number from 0 to 1000000, found '-3'"},
           {{"--generation-tokens", "0"},
            2,
            "--generation-tokens: expected whole numbers like 1,2,4, a range like 1-32, or pow2; "
            "found '0'"},
           {{"--recrods", "f"}, 2, "unknown option --recrods; did you mean --records?"},
           {{"aime24"}, 2, "unexpected argument 'aime24'"},
           {{"--records", "aime24-qwen"},
            1,
            "unknown records 'aime24-qwen'; did you mean aime24-qwen3?"},
           {{"--validate", folder.Path("none.json")},
            1,
            folder.Path("none.json") + ": cannot be read: No such file or directory"},
           {{"--hardware", "B20"}, 1, "unknown hardware 'B20'; did you mean b200?"},
           {{"--model", "Qwen3-8"}, 1, "unknown model 'Qwen3-8'; did you mean Qwen3-8B?"},
           {{"--model", "Qwen3-32B"},
            1,
            "--model: task toy has no run of 'Qwen3-32B'; it has Qwen3-0.6B, Qwen3-1.7B, Qwen3-4B, "
            "Qwen3-8B"},
           {{"--validate", text}, 1, text + ":1:2: expected JSON, found 'ot JSON'"},
           {{"--validate", hardware},
            1,
            hardware + ":2: /schema: expected \"kinetics.records/1\", found "
                       "\"kinetics.hardware/1\""},
       }) {
    std::vector<std::string> arguments = {"fit", "law"};
    if (refusal.arguments.front() != "--records") {
      arguments.insert(arguments.end(), {"--records", records});
    }
    arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
    CheckRefused(RunProgram(arguments), refusal.status, refusal.message);
  }
}

TEST_CASE("what no plan can be made of by a law ends with its status and one clear line",
          "[program][law]") {
  const test::ToyLaw toy;
  const std::string missing = toy.Folder().Path("none.json");
  Records shorter = test::ToyRecords({.questions = 5});
  const std::string few = test::WriteRecords(toy.Folder(), "few.json", shorter);
  shorter = test::ToyRecords();
  shorter.task = "another";
  const std::string other = test::WriteRecords(toy.Folder(), "other.json", shorter);
  const std::string questions =
      "the law is of task toy: expected records of the same questions in the same order, found "
      "task ";
  for (const LawRefusal& refusal : std::vector<LawRefusal>{
           {{"--growth", "--records", "f"}, 2, "--growth and --records exclude each other"},
           {{"--growth", "--allocation", "oracle"},
            2,
            "--growth and --allocation oracle exclude each other"},
           {{"--growth", "--hardware", "b200,h100"},
            2,
            "--growth and several devices exclude each other"},
           {{"--growth", "--show", "all"}, 2, "--growth and --show exclude each other"},
           {{"--growth", "--min-accuracy", "0.5"},
            2,
            "--growth and --min-accuracy exclude each other"},
           {{"--growth", "--per-question"}, 2, "--growth and --per-question exclude each other"},
           {{"--allocation", "oracle", "--per-question"},
            2,
            "--allocation oracle and --per-question exclude each other"},
           {{"--errors", "skip"},
            2,
            "--errors: the law was fitted with its own; give them to kinetics fit law"},
           {{"--min-accuracy", "1.5"},
            2,
            "--min-accuracy: expected an accuracy above 0, at most 1, found '1.5'"},
           {{"--budget", "50ms,5eflops"},
            2,
            "--budget: expected budgets in one unit, found s and eFLOPs in '50ms,5eflops'"},
           {{"--records", few}, 1, questions + "toy"},
           {{"--records", other}, 1, questions + "another"},
           {{"--records", missing}, 1, missing + ": cannot be read: No such file or directory"},
           {{"--attention", "block_topk"},
            1,
            "the law has no run of block_topk attention to predict others from"},
           {{"--model", "Qwen3-9B"}, 1, "unknown model 'Qwen3-9B'; did you mean Qwen3-4B?"},
           {{"--hardware", "B20"}, 1, "unknown hardware 'B20'; did you mean b200?"},
           {{"--generation-tokens", "1-20000"},
            1,
            "35840000 allocations are more than can be held; consider fewer attentions, numbers of "
            "samples or of generation tokens"},
       }) {
    CheckRefused(toy.Plan(refusal.arguments), refusal.status, refusal.message);
  }
  CheckRefused(RunProgram({"plan", "--growth"}), 2, "--growth needs a --law");
  CheckRefused(RunProgram({"plan", "--show", "candidates"}), 2, "--show candidates needs a --law");
}

}  // namespace
}  // namespace kinetics
