// `kinetics plan --law` from outside, with files that are no law: each ends in one clear line.
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "kinetics/io/file.h"
#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::CheckRefused;
using test::ProgramResult;
using test::RunProgram;
using test::TemporaryFolder;
using test::ToyLaw;

ProgramResult Plan(const std::string& law) { return RunProgram({"plan", "--law", law}); }

/// Refused with one line that starts with the file's name and has `message` in it.
void CheckNoLaw(const std::string& law, const std::string& message) {
  const ProgramResult result = Plan(law);
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK_THAT(result.err,
             Catch::StartsWith("kinetics: error: " + law + ":") && Catch::Contains(message));
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.size() < 500);
}

TEST_CASE("files that are no law are told by what they are", "[program][law]") {
  const TemporaryFolder folder;
  const std::string missing = folder.Path("missing.json");
  CheckRefused(Plan(missing), 1, missing + ": cannot be read: No such file or directory");
  CheckRefused(Plan(folder.Path("")), 1, folder.Path("") + ": cannot be read: Is a directory");
  const std::string empty = folder.Write("empty.json", "");
  CheckRefused(Plan(empty), 1, empty + ": expected JSON, found an empty file");
  CheckNoLaw(folder.Write("text.json", "a law\n"), "expected JSON");
  CheckNoLaw(folder.Write("bytes.json", std::string("\x00\xff\xfe{", 4)), "expected");
  CheckNoLaw(folder.Write("list.json", "[]"), "expected an object, found a list");
  const std::string schema = "/schema: expected \"kinetics.law/1\", found \"kinetics.";
  CheckNoLaw(folder.Write("h.json", test::SourceFile("configs/hardware/h100.json")),
             schema + "hardware/1\"");
  CheckNoLaw(test::WriteRecords(folder, "r.json", test::ToyRecords()), schema + "records/1\"");
  // The report of a fit is not the law.
  const ProgramResult report =
      RunProgram({"fit", "law", "--records", folder.Path("r.json"), "--format", "json"});
  CheckNoLaw(folder.Write("report.json", report.out), schema + "fit-law/1\"");
}

TEST_CASE("a law whose fit did not converge plans with a note", "[program][law]") {
  const ToyLaw toy;
  json law = json::parse(ReadFile(toy.LawPath()));
  CHECK(toy.Plan({"--budget", "50ms"}).err.find("converge") == std::string::npos);
  law["converged"] = false;
  const ProgramResult result = Plan(toy.Folder().Write("not.json", law.dump()));
  CHECK(result.status == 0);
  CHECK_THAT(result.err, Catch::Contains("not.json: the fit of this law did not converge"));
}

TEST_CASE("a law that was cut short or changed into no JSON is refused", "[program][law]") {
  const ToyLaw toy;
  const std::string text = ReadFile(toy.LawPath());
  const std::string path = toy.Folder().Path("changed.json");
  for (const size_t part : {1, 2, 3, 9}) {
    toy.Folder().Write("changed.json", text.substr(0, text.size() * part / 10));
    CheckNoLaw(path, "expected JSON, found the end of the file");
  }
  const size_t number = text.find("\"ability\": ") + std::string("\"ability\": ").size();
  const size_t end = text.find(',', number);
  for (const std::string value : {"NaN", "nan", "Infinity", "-inf", ""}) {
    toy.Folder().Write("changed.json", text.substr(0, number) + value + text.substr(end));
    CheckNoLaw(path, "expected JSON");
  }
  toy.Folder().Write("changed.json", text.substr(0, number) + "1e999" + text.substr(end));
  CheckNoLaw(path, "");
}

TEST_CASE("a law with lists of wrong lengths or numbers out of range is refused, with the place",
          "[program][law]") {
  const ToyLaw toy;
  const json law = json::parse(ReadFile(toy.LawPath()));
  struct Case {
    std::function<void(json&)> change;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {[](json& x) { x["schema"] = "kinetics.law/2"; }, "/schema: expected"},
           {[](json& x) { x.erase("task"); }, "expected the key \"task\", which is missing"},
           {[](json& x) { x["extra"] = 1; }, "/extra: unknown key"},
           {[](json& x) { x["parameters"].erase("ability"); }, "/parameters: expected"},
           {[](json& x) { x["parameters"]["ability"] = nullptr; }, "/parameters/ability: expected"},
           {[](json& x) { x["parameters"]["ability"] = "3"; }, "/parameters/ability: expected"},
           {[](json& x) { x["parameters"]["ability"] = 1e6; }, "/parameters/ability: expected"},
           {[](json& x) { x["levels"] = json::array(); }, "/levels: expected at least one level"},
           {[](json& x) { x["levels"][0]["effects"].push_back(0); }, "/levels/0/effects: expected"},
           {[](json& x) { x["levels"].erase(3); }, "/level: expected"},
           {[](json& x) { x["questions"] = json::array(); },
            "/questions: expected at least one question"},
           {[](json& x) { x["questions"][2]["effects"].erase(0); },
            "/questions/2/effects: expected"},
           {[](json& x) { x["questions"][2]["cells"][1]["attempts"] = 0; },
            "/questions/2/cells/1/attempts: expected"},
           {[](json& x) { x["questions"][2]["cells"][1]["solved"] = 9; },
            "/questions/2/cells/1/solved: expected"},
           {[](json& x) { x["questions"][2]["cells"][1]["run"] = 12; },
            "/questions/2/cells/1/run: expected"},
           {[](json& x) { x["runs"].erase(11); }, "/run: expected"},
           {[](json& x) { x["runs"][0]["attention"]["kind"] = "none"; },
            "/runs/0/attention/kind: expected"},
           {[](json& x) { x["length_correlation"]["value"] = 2; },
            "/length_correlation/value: expected"},
           {[](json& x) { x["warnings"] = "none"; }, "/warnings: expected"},
       }) {
    json changed = law;
    c.change(changed);
    INFO(c.message);
    CheckNoLaw(toy.Folder().Write("changed.json", changed.dump(1)), c.message);
  }
}

TEST_CASE("a law that predicts what is no number is refused", "[program][law]") {
  const ToyLaw toy;
  json law = json::parse(ReadFile(toy.LawPath()));
  // Each within its range, together an overflow.
  for (const char* name : {"log_length", "log_deviation", "growth_log_scale"}) {
    law["parameters"][name] = 100;
  }
  const ProgramResult result = Plan(toy.Folder().Write("changed.json", law.dump()));
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
}

TEST_CASE("a law's warnings are told again by every plan", "[program][law]") {
  const ToyLaw toy;
  json law = json::parse(ReadFile(toy.LawPath()));
  law["warnings"] = {"this one", "that one"};
  const ProgramResult result = Plan(toy.Folder().Write("changed.json", law.dump()));
  CHECK(result.status == 0);
  CHECK(result.err == "kinetics: note: this one\nkinetics: note: that one\n");
}

TEST_CASE("a law whose draws are no numbers ends in one line", "[program][law]") {
  const ToyLaw toy;
  json law = json::parse(ReadFile(toy.LawPath()));
  law["parameters"]["onset_topk"] = 100;
  const std::string path = toy.Folder().Write("changed.json", law.dump());
  CheckRefused(RunProgram({"plan", "--law", path, "--bootstrap", "20"}), 1,
               "the law draws accuracies that are no numbers");
}

}  // namespace
}  // namespace kinetics
