//===-- ManifestTest.cpp - tests of the manifest's JSON -------------------===//
//
// Round trip, and a table of edits to a good manifest, each with the message it must give.
//
//===----------------------------------------------------------------------===//

#include "SamplePackage.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ashlar;
using namespace ashlar::package;
using Json = nlohmann::json;

static Json sampleJson() {
  PackageWriter writer = test::makeSamplePackage();
  EXPECT_TRUE(writer.write());
  return Json::parse(manifestToJson(writer.manifest()));
}

TEST(Manifest, round_trip) {
  PackageWriter writer = test::makeSamplePackage();
  ASSERT_TRUE(writer.write());
  std::string json = manifestToJson(writer.manifest());
  Expected<Manifest> parsed = manifestFromJson(json);
  ASSERT_TRUE(parsed) << parsed.status().message();
  EXPECT_EQ(*parsed, writer.manifest());
  EXPECT_EQ(manifestToJson(*parsed), json);
  EXPECT_EQ(parsed->findFunction("scale"), 1u);
  EXPECT_FALSE(parsed->findFunction("nothing"));
  const Function &scale = parsed->functions[1];
  EXPECT_EQ(scale.planFor("sm_90a").slots.size(), 1u);
  EXPECT_EQ(&scale.planFor("sm_80"), &scale);
}

TEST(Manifest, tensor_sizes) {
  Manifest manifest = test::makeSamplePackage().manifest();
  const Function &linear = manifest.functions[0];
  int64_t symbols[] = {10};
  EXPECT_EQ(linear.outputs[0].type.resolve(symbols), (std::vector<int64_t>{10, 32}));
  EXPECT_EQ(*linear.outputs[0].type.byteSize(symbols), 1280);
  EXPECT_EQ(*manifest.functions[1].inputs[0].type.byteSize({}), 8);
  symbols[0] = INT64_MAX / 2;
  EXPECT_FALSE(linear.outputs[0].type.byteSize(symbols));
}

TEST(Manifest, versions) {
  Json json = sampleJson();
  json["format"]["minor"] = 99;
  json["a key of the future"] = {1, 2};
  EXPECT_TRUE(manifestFromJson(json.dump()));
  json["format"]["major"] = formatMajor + 1;
  Status status = manifestFromJson(json.dump()).status();
  EXPECT_EQ(status.code(), StatusCode::UnsupportedVersion);
  EXPECT_EQ(status.message(),
            "the package has format version 2.99, this library reads 1.x; update the Ashlar runtime");
}

namespace {
/// An edit of the sample manifest (JSON pointer, new value) and the message it leads to.
struct Edit {
  const char *pointer;
  Json value;
  const char *message;
};
} // namespace

static Json nested(int depth) {
  Json value = 1;
  for (int i = 0; i < depth; ++i)
    value = Json::array({"+", value, 1});
  return value;
}

TEST(Manifest, every_edit_is_refused_with_its_path) {
  const Edit edits[] = {
      {"/producer", 3, "producer: expected a string, found number"},
      {"/targets/0/kind", "elf", "targets[0].kind: unknown image kind 'elf'"},
      {"/targets/0/capability", 0, "targets[0].capability: the value 0 is outside 10..9999"},
      {"/targets/0/capability", 9.5, "targets[0].capability: expected an integer, found number"},
      {"/targets/1/name", "sm_90a", "targets[1].name: the name 'sm_90a' occurs twice"},
      {"/targets/0/image", "../../etc/passwd", "targets[0].image: '../../etc/passwd' is not a relative path"},
      {"/targets/0/image", "/abs", "targets[0].image: '/abs' is not a relative path"},
      {"/targets/1/name", "", "targets[1].name: a name must not be empty"},
      {"/targets/1/name", "a\nb", "targets[1].name: contains a control character"},
      {"/kernels/0/resources/0/registers", -1, "kernels[0].resources[0].registers: the value -1 is outside"},
      {"/kernels/0/resources/0/target", "sm_70", "kernels[0].resources[0].target: there is no target 'sm_70'"},
      {"/constants/bytes", 100, "constants.table[0].size: the value 4096 is outside 0..100"},
      {"/constants/bytes", 1e30, "constants.bytes: expected an integer"},
      {"/constants/bytes", 18446744073709551615u, "constants.bytes: the value 18446744073709551615 is outside"},
      {"/constants/table/0/offset", 4, "constants.table[0].offset: must be a multiple of 256"},
      {"/constants/table/1/offset", 4100, "constants.table[1].size: the value 100 is outside 0..96"},
      {"/constants/table/1/offset", 4095, "constants.table[1].offset: must be a multiple of 256"},
      {"/functions/0/inputs/0/dims/0", -1, "functions[0].inputs[0].dims[0]: the value -1 is outside"},
      {"/functions/0/inputs/0/dims/0", "N", "functions[0].inputs[0].dims[0]: there is no dimension symbol \"N\""},
      {"/functions/0/inputs/0/dims/0", 7, "functions[0].symbols[0].axis: axis 0 of input 0 is not the dimension 'M'"},
      {"/functions/0/inputs/0/element", "f8", "functions[0].inputs[0].element: unknown element type 'f8'"},
      {"/functions/1/inputs/0/dims", {1 << 30, 1 << 30}, "functions[1].inputs[0].dims: the tensor is larger than"},
      {"/functions/0/outputs/0/name", "x", "functions[0].outputs[0].name: the name 'x' occurs twice"},
      {"/functions/0/outputs/0/tolerance/absolute", -1, "functions[0].outputs[0].tolerance: bounds must be finite"},
      {"/functions/0/symbols/0/input", 5, "functions[0].symbols[0].input: there is no input 5"},
      {"/functions/0/symbols/0/multiple_of", 0, "functions[0].symbols[0].multiple_of: the value 0 is outside"},
      {"/functions/0/checks/0", {{"reason", "none"}}, "functions[0].checks[0]: expected one of the keys equal and at_most"},
      {"/functions/0/checks/0/at_most", {1, 2, 3}, "functions[0].checks[0].at_most: "},
      {"/functions/0/checks/1/equal", {1}, "functions[0].checks[1].equal: expected two elements"},
      {"/functions/0/checks/1/equal", {1, {"dim", "N"}}, "functions[0].checks[1].equal[1]: there is no dimension"},
      {"/functions/0/checks/1/equal/0", {"ceildiv", 1, 0}, "functions[0].checks[1]: division by 0"},
      {"/functions/0/checks/1/reason", "a\nb", "functions[0].checks[1].reason: contains a control character"},
      {"/functions/0/arena/slots/0/offset", 8, "functions[0].arena.slots[0].offset: must be a multiple of 256"},
      {"/functions/1/arena/slots", {{{"offset", 256}, {"size", 1}}},
       "functions[1].arena.slots[0]: ends at byte 257 of an arena of 0"},
      {"/functions/0/arena/slots/0/size", {"dim", "N"}, "functions[0].arena.slots[0].size: there is no dimension"},
      {"/functions/0/steps/0/kind", "jump", "functions[0].steps[0].kind: unknown step kind 'jump'"},
      {"/functions/0/steps/0/kernel", "nothing", "functions[0].steps[0].kernel: there is no kernel 'nothing'"},
      {"/functions/0/steps/0/grid", {1, 1}, "functions[0].steps[0].grid: expected three elements"},
      {"/functions/0/steps/0/grid/1", 70000, "functions[0].steps[0].grid[1]: the value 70000 is outside 0..65535"},
      {"/functions/0/steps/0/grid/0", {"ceildiv", 1, 0}, "functions[0].steps[0].grid[0]: division by 0"},
      {"/functions/0/steps/0/grid/0", {"+", 9223372036854775807, 1}, "functions[0].steps[0].grid[0]: integer overflow"},
      {"/functions/0/steps/0/grid/0", {"-", 1, 1, 1}, "functions[0].steps[0].grid[0]: the operation '-' takes two"},
      {"/functions/0/steps/0/grid/0", {"+", 1}, "functions[0].steps[0].grid[0]: the operation '+' takes two operands or"},
      {"/functions/0/steps/0/grid/0", {"pow", 1, 1}, "functions[0].steps[0].grid[0]: unknown operation 'pow'"},
      {"/functions/0/steps/0/grid/0", nested(40), "the expression is nested deeper than 32"},
      {"/functions/0/steps/0/grid/0", nested(100), "manifest.json is nested deeper than 64"},
      {"/functions/0/steps/0/block/0", 0, "functions[0].steps[0].block[0]: the value 0 is outside 1..1024"},
      {"/functions/0/steps/0/block", {64, 32, 1}, "functions[0].steps[0].block: has 2048 threads"},
      {"/functions/0/steps/1/cluster", {16, 2, 1}, "functions[0].steps[1].cluster: has 32 blocks"},
      {"/functions/0/steps/1/grid/1", 3, "functions[0].steps[1].grid[1]: must be a multiple of the cluster's extent 2"},
      {"/functions/0/steps/0/dynamic_shared_bytes", 1 << 30, "dynamic_shared_bytes: the value 1073741824 is outside"},
      {"/functions/0/steps/0/traffic/read", -1, "functions[0].steps[0].traffic.read: the value -1 is outside"},
      {"/functions/0/steps/0/traffic", 7, "functions[0].steps[0].traffic: expected an object, found number"},
      {"/functions/0/steps/0/arguments/0", {{"input", 9}}, "functions[0].steps[0].arguments[0]: there is no input 9"},
      {"/functions/0/steps/0/arguments/0", {{"slot", 2}}, "functions[0].steps[0].arguments[0]: there is no slot 2"},
      {"/functions/0/steps/0/arguments/0", {{"i32", 2147483648}}, "functions[0].steps[0].arguments[0]: the value"},
      {"/functions/0/steps/0/arguments/0", Json::object(), "expected one of the keys input, output, constant and slot"},
      {"/functions/1/target_plans/0/target", "sm_70", "functions[1].target_plans[0].target: there is no target 'sm_70'"},
      {"/functions/1/target_plans/0/arena/size", 8, "functions[1].target_plans[0].arena.slots[0]: ends at byte 256"},
      {"/functions/1/target_plans/0/steps/0/arguments/1", {{"slot", 1}},
       "functions[1].target_plans[0].steps[0].arguments[1]: there is no slot 1"},
      {"/functions/1/steps/0/arguments/1", {{"slot", 0}}, "functions[1].steps[0].arguments[1]: there is no slot 0"},
      {"/functions/0/steps/2/destination", {{"constant", 0}}, "inputs and constants are never written"},
      {"/functions/0/steps/2/source", {{"constant", 9}}, "functions[0].steps[2].source: there is no constant 9"},
  };
  for (const Edit &edit : edits) {
    Json json = sampleJson();
    json[Json::json_pointer(edit.pointer)] = edit.value;
    Expected<Manifest> parsed = manifestFromJson(json.dump());
    ASSERT_FALSE(parsed) << edit.pointer << " = " << edit.value;
    EXPECT_NE(parsed.status().message().find(edit.message), std::string::npos)
        << edit.pointer << " = " << edit.value << "\n  got: " << parsed.status().message()
        << "\n  expected: " << edit.message;
  }
}

/// Removes each key of the whole tree in turn; optional keys may go, all others must be missed by name.
static void removeEachKey(Json &root, Json &node, const std::string &path, int &required) {
  if (node.is_array())
    for (size_t i = 0; i < node.size(); ++i)
      removeEachKey(root, node[i], path + "[" + std::to_string(i) + "]", required);
  if (!node.is_object())
    return;
  Json members = node;
  for (const auto &[key, value] : members.items()) {
    std::string at = path.empty() ? key : path + "." + key;
    node.erase(key);
    Expected<Manifest> parsed = manifestFromJson(root.dump());
    bool isOptional = key == "tolerance" || key == "max" || key == "multiple_of" ||
                      key == "target_plans" || key == "traffic" || key == "checks";
    bool isUnionKey = key == "equal" || key == "at_most" ||
                      path.find("arguments[") != std::string::npos || path.find("source") != std::string::npos ||
                      path.find("destination") != std::string::npos;
    if (!isOptional) {
      ++required;
      ASSERT_FALSE(parsed) << at;
      if (!isUnionKey)
        EXPECT_NE(parsed.status().message().find(at + ": missing"), std::string::npos) << parsed.status().message();
    }
    node[key] = value;
    removeEachKey(root, node[key], at, required);
  }
}

TEST(Manifest, every_missing_key_is_named) {
  Json json = sampleJson();
  int required = 0;
  removeEachKey(json, json, "", required);
  EXPECT_GT(required, 60);
}

TEST(Manifest, text_that_is_no_manifest) {
  for (const char *text : {"", "{", "[]", "null", "{}", "{\"format\":1}", "\xff\xfe", "{\"format\":{\"major\":1}}"})
    EXPECT_FALSE(manifestFromJson(text)) << text;
  EXPECT_FALSE(manifestFromJson(std::string(200000, '[')));
}
