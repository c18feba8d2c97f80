//===-- TensorSpecTest.cpp - tests of tensors on the command line ---------===//
//
// All forms of a specification, and the text a tensor is printed as, which is again a specification.
//
//===----------------------------------------------------------------------===//

#include "tools/ashlar-run/TensorSpec.h"

#include "ashlar/Support/Random.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::run;
using package::Dim;
using package::Function;
using package::TensorType;

static Expected<HostTensor> parse(const std::string &spec, TensorType type) {
  Function function;
  function.symbols = {{"N", 0, 0, {}, 1}};
  return parseTensorSpec(spec, function, type);
}

static const TensorType matrix = {ElementType::F32, {Dim::fixed(2), Dim::fixed(2)}};
static const TensorType free1 = {ElementType::I8, {Dim::dynamic(0)}};

static std::string printed(const std::string &spec, TensorType type) {
  Expected<HostTensor> tensor = parse(spec, type);
  return tensor ? tensorText(*tensor, 100) : tensor.status().message();
}

TEST(TensorSpec, element_lists) {
  for (const char *spec : {"2x2xf32=1,2,3,4", "2x2xf32=[[1 2][3 4]]", "2x2xf32=[1 2][3 4]", "1 2 3 4",
                           "1,2,3,4", "2x2xf32=[[1,2],[3,4]]", "[1 2][3 4]"})
    EXPECT_EQ(printed(spec, matrix), "2x2xf32=[[1 2][3 4]]") << spec;
  EXPECT_EQ(printed("2x2xf32=-1.5e-3", matrix), "2x2xf32=[[-0.0015 -0.0015][-0.0015 -0.0015]]");
  EXPECT_EQ(printed("2x2xf32=nan,inf,-inf,+2", matrix), "2x2xf32=[[nan inf][-inf 2]]");
  EXPECT_EQ(printed("3xi8=127,-128,255", free1), "3xi8=[127 -128 -1]");
  EXPECT_EQ(printed("0xi8=", free1), "'0xi8=': a value is missing after '='");
  EXPECT_EQ(printed("0xi8=5", free1), "0xi8=[]");
  EXPECT_EQ(printed("0xi8=[]", free1), "0xi8=[]");
  EXPECT_EQ(printed("2xi1=true,false", {ElementType::I1, {Dim::fixed(2)}}), "2xi1=[1 0]");
  EXPECT_EQ(printed("f16=0.1", {ElementType::F16, {}}), "f16=0.099975586");
  EXPECT_EQ(printed("3", {ElementType::F16, {}}), "f16=3");
}

TEST(TensorSpec, printed_tensors_are_specifications) {
  for (int i = 0; i <= static_cast<int>(ElementType::I1); ++i) {
    HostTensor tensor = *HostTensor::zeros(static_cast<ElementType>(i), {3, 2});
    fillRandom(tensor.element, 9, tensor.bytes.data(), 6);
    TensorType type = {tensor.element, {Dim::fixed(3), Dim::fixed(2)}};
    Expected<HostTensor> again = parse(tensorText(tensor, 100), type);
    ASSERT_TRUE(again) << again.status().message();
    EXPECT_EQ(again->bytes, tensor.bytes);
  }
}

TEST(TensorSpec, random_needs_a_seed) {
  EXPECT_TRUE(parse("4xi8=@random:18446744073709551615", free1));
  EXPECT_FALSE(parse("4xi8=@random:", free1));
  EXPECT_FALSE(parse("4xi8=@random:-1", free1));
  EXPECT_FALSE(parse("4xi8=@random:1*2", free1)) << "integers have no scale";
  EXPECT_FALSE(parse("@random:1*", matrix));
  EXPECT_NE(printed("@random:1", matrix), printed("@random:2", matrix));
  EXPECT_EQ(printed("@random:1", matrix), printed("2x2xf32=@random:1*1.0", matrix));
}

TEST(TensorSpec, bits_are_for_integers) {
  EXPECT_TRUE(parse("4xi8=@bits:7", free1));
  EXPECT_FALSE(parse("4xi8=@bits:7*2", free1));
  EXPECT_FALSE(parse("@bits:7", matrix)) << "a float of random bits may be no number";
}

TEST(TensorSpec, types_are_checked) {
  EXPECT_EQ(printed("2x3xf32=1", matrix),
            "'2x3xf32=1': the tensor is 2x3xf32, the function's type is 2x2xf32");
  EXPECT_EQ(printed("2x2xf17=1", matrix),
            "'2x2xf17=1': '2x2xf17' is no tensor type: unknown element type 'f17' "
            "(known: f32 f16 bf16 i64 i32 i8 i4 i1)");
  EXPECT_EQ(printed("2x-2xf32=1", matrix),
            "'2x-2xf32=1': '2x-2xf32' is no tensor type; write sizes and element type as in 2x3xf16");
  EXPECT_FALSE(parse("xf32=1", matrix));
  EXPECT_FALSE(parse("=1", matrix));
  EXPECT_FALSE(parse("", matrix));
  EXPECT_FALSE(parse("9999999999999999999xi8=1", free1));
  EXPECT_FALSE(parse("4611686018427387904xi8=1", free1));
  EXPECT_FALSE(parse("2xi8=128,-129", free1));
  EXPECT_FALSE(parse("2xi8=1.5", free1));
}
