// Running programs.
#include "base/run_program.hpp"

#include "support/kind_thrown.hpp"

namespace storelink::testing {
namespace {

constexpr std::chrono::seconds patience(60);

TEST(RunProgram, TakesBothOutputsAndTheStatus) {
  const ProgramOutput output =
      run_program({"sh", "-c", "echo \"$1\"; echo no >&2; exit 7", "sh", "a b"}, patience);
  EXPECT_EQ(output.text, "a b\n");
  EXPECT_EQ(output.error, "no\n");
  EXPECT_EQ(output.status, 7);
}

TEST(RunProgram, PassesArgumentsWithoutAShell) {
  EXPECT_EQ(run_program({"echo", "$(id); *"}, patience).text, "$(id); *\n");
}

TEST(RunProgram, GivesNoInput) {
  EXPECT_EQ(run_program({"cat"}, patience).text, "");
}

TEST(RunProgram, ASignalIsAStatusAbove128) {
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}, patience).status, 137);
}

TEST(RunProgram, AMissingProgramIsNamed) {
  const Error error = error_of([] { (void)run_program({"no-such-program-here"}, patience); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_NE(error.message().find("no-such-program-here"), std::string::npos);
}

TEST(RunProgram, OneThatDoesNotEndIsKilled) {
  EXPECT_EQ(kind_thrown([] { (void)run_program({"sleep", "1000"}, std::chrono::seconds(0)); }),
            ErrorKind::timeout);
}

TEST(RunProgram, OneThatClosesItsOutputsAndGoesOnIsWaitedFor) {
  EXPECT_EQ(run_program({"sh", "-c", "exec >&- 2>&-; sleep 0.05; exit 5"}, patience).status, 5);
}

TEST(RunProgram, OneThatWritesTooMuchIsKilled) {
  EXPECT_EQ(kind_thrown([] { (void)run_program({"cat", "/dev/zero"}, patience); }), ErrorKind::generic);
}

TEST(SplitCommand, WordsAreSplitAsAShellWould) {
  EXPECT_EQ(split_command("  a  'b c' \"d 'e\\\" f\" g\\ h '' i'j'k "),
            (std::vector<std::string>{"a", "b c", "d 'e\" f", "g h", "", "ijk"}));
  EXPECT_TRUE(split_command(" ").empty());
}

TEST(RunProgram, VariablesReplaceThoseOfTheSameName) {
  ::setenv("STORELINK_TEST_VARIABLE", "old", 1);
  const std::vector<std::string> arguments = {"sh", "-c",
                                              "echo $STORELINK_TEST_VARIABLE $STORELINK_TEST_OTHER"};
  EXPECT_EQ(run_program(arguments, patience, {"STORELINK_TEST_VARIABLE=new", "STORELINK_TEST_OTHER=x"}).text,
            "new x\n");
  EXPECT_EQ(run_program(arguments, patience).text, "old\n");
  ::unsetenv("STORELINK_TEST_VARIABLE");
}

}  // namespace
}  // namespace storelink::testing
