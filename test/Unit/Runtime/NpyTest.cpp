//===-- NpyTest.cpp - tests of NumPy files --------------------------------===//
//
// Round trips of every type, a file as NumPy writes it, and damaged files.
//
//===----------------------------------------------------------------------===//

#include "tools/ashlar-run/Npy.h"

#include "ashlar/Support/Random.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::run;

static std::vector<uint8_t> fileOf(const std::string &header, const std::vector<uint8_t> &data, uint8_t version = 1) {
  std::vector<uint8_t> file = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0};
  size_t lengthBytes = version == 1 ? 2 : 4;
  for (size_t i = 0; i < lengthBytes; ++i)
    file.push_back(static_cast<uint8_t>(header.size() >> (8 * i)));
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

TEST(Npy, every_type_round_trips) {
  for (int i = 0; i <= static_cast<int>(ElementType::I1); ++i)
    for (std::vector<int64_t> dims : {std::vector<int64_t>{}, {7}, {2, 3}, {0}, {1, 0, 4}}) {
      HostTensor tensor = *HostTensor::zeros(static_cast<ElementType>(i), dims);
      fillRandom(tensor.element, 5, tensor.bytes.data(), tensor.count());
      std::vector<uint8_t> file = formatNpy(tensor);
      Expected<HostTensor> again = parseNpy(file, tensor.element);
      ASSERT_TRUE(again) << again.status().message();
      EXPECT_EQ(again->dims, dims);
      EXPECT_EQ(again->bytes, tensor.bytes) << elementTypeName(tensor.element);
    }
}

TEST(Npy, headers_are_as_numpy_writes_them) {
  std::vector<uint8_t> file = formatNpy(*HostTensor::zeros(ElementType::F16, {3}));
  std::string text(file.begin() + 10, file.begin() + 128);
  EXPECT_EQ(text.find("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }"), 0u) << text;
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(file.size(), 128u + 6u);
  std::vector<uint8_t> scalar = formatNpy(*HostTensor::zeros(ElementType::I1, {}));
  EXPECT_NE(std::string(scalar.begin(), scalar.end()).find("'|b1', 'fortran_order': False, 'shape': (), }"),
            std::string::npos);
}

TEST(Npy, reads_other_widths_and_versions) {
  std::string header = "{'descr': '<u2', 'fortran_order': False, 'shape': (1,), }\n";
  Expected<HostTensor> bits = parseNpy(fileOf(header, {0x80, 0x3f}), ElementType::BF16);
  ASSERT_TRUE(bits) << bits.status().message();
  EXPECT_EQ(elementText(*bits, 0), "1");
  EXPECT_TRUE(parseNpy(fileOf(header, {0, 0}, 2), ElementType::BF16));
  EXPECT_TRUE(parseNpy(fileOf(header, {0, 0}, 3), ElementType::BF16));
  EXPECT_FALSE(parseNpy(fileOf(header, {0, 0}, 4), ElementType::BF16));
  Expected<HostTensor> natural =
      parseNpy(fileOf("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", {1, 255}), std::nullopt);
  ASSERT_TRUE(natural) << natural.status().message();
  EXPECT_EQ(natural->element, ElementType::I8);
  EXPECT_EQ(elementText(*natural, 1), "-1");
}

TEST(Npy, refuses_what_it_cannot_use) {
  auto message = [](const std::string &header, std::vector<uint8_t> data) {
    return parseNpy(fileOf(header, data), ElementType::F32).status().message();
  };
  EXPECT_EQ(message("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", {0, 0, 0, 0}),
            "not a usable .npy file: it is in Fortran order; save numpy.ascontiguousarray(array)");
  EXPECT_NE(message("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", {0, 0, 0, 0}), "");
  EXPECT_EQ(message("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", std::vector<uint8_t>(8)),
            "the file holds elements of type 'f8', which are not taken for f32 (expected 'f4')");
  EXPECT_NE(message("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", {}), "");
  EXPECT_EQ(message("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", {0, 0, 0, 0}),
            "not a usable .npy file: it has 4 bytes of data, its shape needs 8");
  EXPECT_NE(message("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", {}), "");
  EXPECT_NE(message("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4,), }", {}), "");
  EXPECT_NE(message("{'descr': '<f4', 'fortran_order': False, }", {}), "");
  EXPECT_FALSE(parseNpy(fileOf("{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }", {16}), ElementType::I4));
}

TEST(Npy, damaged_files_never_crash) {
  HostTensor tensor = *HostTensor::zeros(ElementType::F32, {2, 3});
  std::vector<uint8_t> original = formatNpy(tensor);
  for (size_t length = 0; length < original.size(); ++length)
    EXPECT_FALSE(parseNpy({original.data(), length}, ElementType::F32)) << length;
  for (uint64_t round = 0; round < 20000; ++round) {
    std::vector<uint8_t> file = original;
    uint64_t bits = randomBits(4, round);
    file[bits % 80] = static_cast<uint8_t>(bits >> 40);
    file[(bits >> 16) % 80] = static_cast<uint8_t>(bits >> 48);
    Expected<HostTensor> parsed = parseNpy(file, round % 2 ? std::optional(ElementType::F32) : std::nullopt);
    if (parsed)
      EXPECT_LE(parsed->bytes.size(), file.size());
  }
}
