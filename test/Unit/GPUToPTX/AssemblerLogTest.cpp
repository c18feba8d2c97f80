//===-- AssemblerLogTest.cpp - Reading what ptxas writes -------------------===//
//
// The parser alone, on logs of several kernels, remarks and forms it does not know. No ptxas is needed.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/Assembler.h"

#include "gtest/gtest.h"

using namespace ashlar;

TEST(AssemblerLog, ReadsEveryNumberOfEveryKernel) {
  AssemblyReport report =
      parseAssemblerLog("ptxas info    : 0 bytes gmem\n"
                        "ptxas info    : Compiling entry function 'first' for 'sm_80'\n"
                        "ptxas info    : Function properties for first\n"
                        "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
                        "ptxas info    : Used 208 registers, used 1 barriers, 388 bytes cmem[0]\n"
                        "ptxas info    : Compile time = 85.612 ms\n"
                        "ptxas info    : Compiling entry function 'second' for 'sm_80'\n"
                        "ptxas info    : Function properties for second\n"
                        "    64 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads\n"
                        "ptxas info    : Used 255 registers, used 16 barriers, 64 bytes cumulative stack "
                        "size, 4096 bytes smem\n");
  ASSERT_EQ(report.kernels.size(), 2u);
  EXPECT_EQ(report.kernels[0].name, "first");
  EXPECT_EQ(report.kernels[0].registers, 208u);
  EXPECT_EQ(report.kernels[0].barriers, 1u);
  EXPECT_EQ(report.kernels[0].stackBytes, 0u);
  EXPECT_EQ(report.kernels[1].name, "second");
  EXPECT_EQ(report.kernels[1].registers, 255u);
  EXPECT_EQ(report.kernels[1].stackBytes, 64u);
  EXPECT_EQ(report.kernels[1].spillStoreBytes, 12u);
  EXPECT_EQ(report.kernels[1].spillLoadBytes, 8u);
  EXPECT_EQ(report.kernels[1].sharedBytes, 4096u);
  EXPECT_EQ(report.kernels[1].barriers, 16u);
  EXPECT_TRUE(report.notes.empty());
}

TEST(AssemblerLog, KeepsRemarksAndWarnings) {
  AssemblyReport report = parseAssemblerLog(
      "ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register "
      "requirements.\n"
      "ptxas kernels.ptx, line 7; warning : .minnctapersm is ignored\n"
      "ptxas info    : Compiling entry function 'k' for 'sm_90a'\n"
      "ptxas info    : Used 8 registers\n");
  ASSERT_EQ(report.notes.size(), 2u);
  EXPECT_NE(report.notes[0].find("C7508"), std::string::npos);
  EXPECT_NE(report.notes[1].find("minnctapersm"), std::string::npos);
  ASSERT_EQ(report.kernels.size(), 1u);
  EXPECT_EQ(report.kernels[0].registers, 8u);
}

TEST(AssemblerLog, SurvivesWhatItDoesNotKnow) {
  EXPECT_TRUE(parseAssemblerLog("").kernels.empty());
  EXPECT_TRUE(parseAssemblerLog("\n\n").kernels.empty());
  EXPECT_TRUE(parseAssemblerLog("Used 12 registers").kernels.empty())
      << "numbers of no kernel belong nowhere";
  AssemblyReport report = parseAssemblerLog("Compiling entry function 'k' for 'sm_80'\r\n"
                                            "Used many registers, 99999999999999999999 bytes smem\r\n");
  ASSERT_EQ(report.kernels.size(), 1u);
  EXPECT_EQ(report.kernels[0].registers, 0u);
  EXPECT_EQ(report.kernels[0].sharedBytes, 0u);
}
