// EventLoop: one libcurl multi handle, a set of timers and a queue of posted work.
//
// A loop is turned by one thread at a time, its owner: a background thread for ever, or the thread of a
// blocking call for as long as it has borrowed the loop. Only post() may be called from other threads.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "storelink/task.hpp"

namespace storelink {

class EventLoop final : public Executor {
 public:
  using Clock = std::chrono::steady_clock;
  using TimerId = std::uint64_t;

  using TransferId = std::uint64_t;

  // One HTTP exchange in progress.
  class Transfer {
   public:
    virtual ~Transfer() = default;
    // Called on the owner's thread, outside of libcurl, when the handle has been removed from the loop. It
    // may destroy the transfer.
    virtual void finished(CURLcode code) noexcept = 0;
  };

  EventLoop();
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void post(std::function<void()> work) override;

  // From here on all calls come from the running thread.
  void adopt() noexcept { owner_ = std::this_thread::get_id(); }

  // Runs what is due, or else waits for something to become due for at most `longest` and runs that.
  void turn(std::chrono::milliseconds longest);

  // Runs what has been posted; true when no transfer and no timer is left.
  bool settle();

  // The handle is the loop's until the transfer has finished. Its CURLOPT_PRIVATE becomes the loop's own.
  TransferId add(CURL* easy, Transfer& transfer);
  // Ends a transfer early: finished(CURLE_ABORTED_BY_CALLBACK). Nothing happens when it has finished.
  void abort(TransferId id);
  // Null when it has finished.
  Transfer* find(TransferId id) const noexcept;

  TimerId add_timer(Clock::time_point when, std::function<void()> work);
  // False when it has run or was cancelled before.
  bool cancel_timer(TimerId id);

 private:
  bool run_posted();
  bool run_timers();
  bool run_transfers();

  CURLM* multi_;
  std::atomic<std::thread::id> owner_;
  struct Active {
    CURL* easy;
    Transfer* transfer;
  };
  void finish(TransferId id, CURLcode code);

  std::unordered_map<TransferId, Active> transfers_;
  TransferId last_transfer_ = 0;
  std::multimap<Clock::time_point, std::pair<TimerId, std::function<void()>>> timers_;
  std::unordered_map<TimerId, decltype(timers_)::iterator> timer_by_id_;
  TimerId last_timer_ = 0;
  std::mutex mutex_;  // guards posted_ alone
  std::vector<std::function<void()>> posted_;
  std::vector<std::function<void()>> running_;
};

}  // namespace storelink
