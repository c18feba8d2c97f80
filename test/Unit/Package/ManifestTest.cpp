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

static void expectRefused(std::span<const Edit> edits) {
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
  expectRefused(edits);
}

TEST(Manifest, every_edit_of_a_tensor_map_is_refused) {
  const std::string map = "/functions/0/steps/1/arguments/3/tensor_map",
                    walk = "/functions/1/target_plans/0/steps/0/arguments/3/tensor_map";
  const std::string at = "functions[0].steps[1].arguments[3].tensor_map";
  const struct {
    std::string pointer;
    Json value;
    std::string message;
  } edits[] = {
      {map, 3, at + ": expected an object, found number"},
      {map + "/buffer", {{"slot", 2}}, at + ".buffer: there is no slot 2"},
      {map + "/buffer", 1, at + ".buffer: expected one of the keys input"},
      {map + "/offset", -16, at + ".offset: the value -16 is outside 0.."},
      {map + "/offset", 8, at + ": tensor map: the address of the tensor is no multiple of 16"},
      {map + "/element", "f8", at + ".element: unknown element type 'f8'"},
      {map + "/extents", Json::array(), at + ": tensor map: rank 0 is not in 1 to 5"},
      {map + "/extents", {1, 2, 3, 4, 5, 6}, at + ".extents: has 6 elements; at most 5 are allowed"},
      {map + "/extents", {32}, at + ": tensor map: 1 strides for rank 1"},
      {map + "/extents/0", -1, at + ".extents[0]: the value -1 is outside 0..4294967296"},
      {map + "/extents/0", 4294967297, at + ".extents[0]: the value 4294967297 is outside"},
      {map + "/extents/1", {"dim", "N"}, at + ".extents[1]: there is no dimension symbol 'N'"},
      {map + "/extents/1", {"ceildiv", 1, 0}, at + ".extents[1]: division by 0"},
      {map + "/strides/0", -16, at + ".strides[0]: the value -16 is outside 0..1099511627775"},
      {map + "/strides/0", 1099511627776, at + ".strides[0]: the value 1099511627776 is outside"},
      {map + "/strides/0", 264, at + ": tensor map: stride 264 of dimension 1 is no multiple of 16"},
      {map + "/strides", {16, 16}, at + ": tensor map: 2 strides for rank 2"},
      {map + "/box", {16}, at + ": tensor map: a box of 1 dimensions for rank 2"},
      {map + "/box/1", 0, at + ": tensor map: box 0 of dimension 1 is not in 1 to 256"},
      {map + "/box/1", 257, at + ": tensor map: box 257 of dimension 1 is not in 1 to 256"},
      {map + "/box/1", 65537, at + ": tensor map: box 65535 of dimension 1 is not in 1 to 256"},
      {map + "/box/1", 4294967297, at + ".box[1]: the value 4294967297 is outside"},
      {map + "/box/0", 15,
       at + ": tensor map: the box's innermost dimension takes 60 bytes, no multiple of 16"},
      {map + "/box/0", 32,
       at + ": tensor map: the box's innermost dimension takes 128 bytes, more than the swizzle"},
      {map + "/element_strides/1", 9, at + ": tensor map: element stride 9 of dimension 1 is not in 1 to 8"},
      {map + "/element_strides", {1}, at + ": tensor map: 1 element strides for rank 2"},
      {map + "/swizzle", 16, at + ": tensor map: a swizzle of 16 bytes is none of 0, 32, 64 and 128"},
      {map + "/swizzle", 256, at + ".swizzle: the value 256 is outside 0..128"},
      {map + "/im2col", Json::object(), at + ".im2col.lower: missing"},
      {walk + "/extents/2", 5, ".tensor_map: tensor map: the tensor reaches beyond its buffer of 256 bytes"},
      {walk + "/offset", 144, ".tensor_map: tensor map: the tensor reaches beyond its buffer of 256 bytes"},
      {walk + "/extents", {8, 4}, ".tensor_map: tensor map: "},
      {walk + "/im2col/lower",
       {1, 2},
       ".tensor_map: tensor map: corners have two dimensions less than the tensor"},
      {walk + "/im2col/lower/0", -32769,
       ".tensor_map: tensor map: a corner of dimension 1 takes more than 16 bits"},
      {walk + "/im2col/upper/0", -6, ".tensor_map: tensor map: the bounding box is empty along dimension 1"},
      {walk + "/im2col/channels", 257, ".im2col.channels: the value 257 is outside 1..256"},
      {walk + "/im2col/channels", 4, ".tensor_map: tensor map: the box's innermost dimension takes 8 bytes"},
      {walk + "/im2col/pixels", 0, ".im2col.pixels: the value 0 is outside 1..1024"},
      {"/functions/0/steps/1/persistent_blocks", 0,
       "functions[0].steps[1].persistent_blocks: the value 0 is outside"},
      {"/functions/0/steps/1/persistent_blocks", 65,
       "steps[1].persistent_blocks: the value 65 is outside 1..64"},
      {"/functions/0/steps/1/programmatic_launch", 1, "steps[1].programmatic_launch: expected true or false"},
  };
  for (const auto &edit : edits)
    expectRefused(std::array{Edit{edit.pointer.c_str(), edit.value, edit.message.c_str()}});
}

TEST(Manifest, tensor_maps_for_symbol_values) {
  Manifest manifest = test::makeSamplePackage().manifest();
  const TensorMapArgument &argument = manifest.functions[0].steps[1].launch.arguments[3].map;
  int64_t symbols[] = {10};
  Expected<TensorMap> map = argument.resolve(symbols, 4096, 16 + 9 * 256 + 128);
  ASSERT_TRUE(map) << map.status().message();
  EXPECT_EQ(map->address, 4112u);
  EXPECT_EQ(map->extents[1], 10u);
  EXPECT_EQ(map->strides[0], 256u);
  EXPECT_EQ(map->elementStrides[1], 2);
  // One byte less than the last row's end.
  EXPECT_FALSE(argument.resolve(symbols, 4096, 16 + 9 * 256 + 127));
  EXPECT_FALSE(argument.resolve(symbols, 4097, INT64_MAX));
  // Of an empty tensor nothing is copied, and the end of a dimension without one is not looked for.
  symbols[0] = 0;
  Expected<TensorMap> empty = argument.resolve(symbols, 4096, 0);
  ASSERT_TRUE(empty) << empty.status().message();
  EXPECT_EQ(empty->extents[1], 1u);
  symbols[0] = int64_t(tensorMapBoundless);
  EXPECT_TRUE(argument.resolve(symbols, 4096, 16 + 128));
  EXPECT_FALSE(argument.resolve(symbols, 4096, 16 + 127));
  for (int64_t rows : {int64_t{-1}, int64_t{1} << 33, INT64_MAX, INT64_MIN}) {
    symbols[0] = rows;
    EXPECT_FALSE(argument.resolve(symbols, 4096, INT64_MAX)) << rows;
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
    bool isOptional = key == "tolerance" || key == "max" || key == "multiple_of" || key == "target_plans" ||
                      key == "traffic" || key == "checks" || key == "element_strides" ||
                      key == "persistent_blocks" || key == "programmatic_launch";
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
