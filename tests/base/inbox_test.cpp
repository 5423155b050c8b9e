#include "base/inbox.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace storelink {
namespace {

struct Letter {
  Letter* next = nullptr;
  int sender = 0;
  int number = 0;
};
using Put = Inbox<Letter>::Put;

TEST(Inbox, GivesTheOldestFirst) {
  Inbox<Letter> inbox;
  std::vector<Letter> letters(3);
  for (Letter& letter : letters) inbox.put(&letter);
  const Letter* taken = inbox.take_all();
  for (const Letter& letter : letters) {
    ASSERT_EQ(taken, &letter);
    taken = taken->next;
  }
  EXPECT_EQ(taken, nullptr);
  EXPECT_EQ(inbox.take_all(), nullptr);
}

TEST(Inbox, SaysWhoHasToWakeTheOwner) {
  Inbox<Letter> inbox;
  std::vector<Letter> letters(3);
  EXPECT_EQ(inbox.put(&letters[0]), Put::first);
  EXPECT_EQ(inbox.put(&letters[1]), Put::more);
  inbox.take_all();
  EXPECT_EQ(inbox.put(&letters[2]), Put::first);
}

TEST(Inbox, ShowsWhatIsIn) {
  Inbox<Letter> inbox;
  std::vector<Letter> letters(2);
  int sum = 0;
  const auto add = [&sum](const Letter& letter) { sum += letter.number; };
  letters[0].number = 1;
  letters[1].number = 2;
  for (Letter& letter : letters) inbox.put(&letter);
  inbox.for_each(add);
  EXPECT_EQ(sum, 3);
  inbox.close();
  inbox.for_each(add);
  EXPECT_EQ(sum, 3);
}

TEST(Inbox, TakesNothingOnceItIsClosed) {
  Inbox<Letter> inbox;
  std::vector<Letter> letters(2);
  inbox.put(&letters[0]);
  EXPECT_EQ(inbox.close(), &letters[0]);
  EXPECT_EQ(inbox.put(&letters[1]), Put::closed);
  EXPECT_EQ(inbox.close(), nullptr);
}

TEST(Inbox, LosesNothingAndKeepsEachSendersOrder) {
  constexpr int senders = 4;
  constexpr int each = 20'000;
  std::vector<std::vector<Letter>> letters(senders, std::vector<Letter>(each));
  Inbox<Letter> inbox;
  std::atomic<int> wakes{0};
  std::vector<int> next(senders);
  {
    std::vector<std::jthread> threads;
    for (int sender = 0; sender < senders; ++sender)
      threads.emplace_back([&, sender] {
        for (int i = 0; i < each; ++i) {
          letters[sender][i].sender = sender;
          letters[sender][i].number = i;
          if (inbox.put(&letters[sender][i]) == Put::first) ++wakes;
        }
      });
    int batches = 0;
    for (int taken = 0; taken < senders * each;) {
      const Letter* letter = inbox.take_all();
      if (letter != nullptr) ++batches;
      for (; letter != nullptr; letter = letter->next, ++taken)
        ASSERT_EQ(letter->number, next[letter->sender]++);
    }
    threads.clear();
    EXPECT_EQ(wakes.load(), batches);
  }
}

}  // namespace
}  // namespace storelink
