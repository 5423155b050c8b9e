// EventLoop: sockets that are watched, libcurl's transfers, timers, and a queue of posted work.
//
// A loop is turned by one thread at a time, its owner: a background thread for ever, or the thread of a
// blocking call for as long as it has borrowed the loop. Only post() may be called from other threads.
#pragma once

#include <curl/curl.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/wakeup.hpp"
#include "storelink/task.hpp"

namespace storelink {

class EventLoop final : public Executor {
 public:
  using Clock = std::chrono::steady_clock;
  using TimerId = std::uint64_t;
  using OperationId = std::uint64_t;

  static constexpr Clock::time_point never = Clock::time_point::max();

  // Something in progress that other threads may want to end: they name it by its id, since it may be gone
  // when their posted work runs.
  class Operation {
   public:
    virtual void abort() noexcept = 0;

   protected:
    ~Operation() = default;
  };

  // The owner of a socket. Both calls come on the loop's thread, at most one of them in a turn; they may
  // change, add and end any watch.
  class Watcher {
   public:
    // What poll() said (POLLIN, POLLOUT, POLLERR, POLLHUP), or nothing after again().
    virtual void ready(short events) noexcept = 0;
    // The deadline has passed.
    virtual void expired() noexcept = 0;

   protected:
    virtual ~Watcher() = default;

   private:
    friend EventLoop;
    static constexpr std::size_t unwatched = SIZE_MAX;
    std::size_t slot_ = unwatched;
  };

  // One transfer of libcurl's in progress.
  class Transfer {
   public:
    // Called on the owner's thread, outside of libcurl, when the transfer has ended; the handle is still the
    // loop's, and remove() has to be called.
    virtual void finished(CURLcode code) noexcept = 0;

   protected:
    ~Transfer() = default;
  };

  // What a layer above keeps for each loop. Used on the loop's thread only.
  class Local {
   public:
    virtual ~Local() = default;
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

  // Runs what has been posted; true when no operation and no timer is left.
  bool settle();

  OperationId begin(Operation& operation);
  void end(OperationId id) noexcept;
  // Null when it has ended.
  Operation* find(OperationId id) const noexcept;

  // Begins a watch or changes it. `fd` may be -1: then only the deadline counts.
  void watch(Watcher& watcher, int fd, short events, Clock::time_point deadline);
  // ready() will be called in the next turn, which does not wait.
  void again(Watcher& watcher) noexcept;
  void unwatch(Watcher& watcher) noexcept;

  // The handle's CURLOPT_PRIVATE becomes the loop's own.
  void add(CURL* easy, Transfer& transfer);
  void remove(CURL* easy) noexcept;

  TimerId add_timer(Clock::time_point when, std::function<void()> work);
  // False when it has run or was cancelled before.
  bool cancel_timer(TimerId id);

  std::unique_ptr<Local> local;

 private:
  struct Watch {
    Watcher* watcher;
    Clock::time_point deadline;
    bool again;
  };
  // An id is the place in operations_ and, above it, how often that place was used.
  struct Place {
    Operation* operation;
    std::uint32_t uses;
  };

  bool run_posted();
  bool run_timers();
  bool run_transfers();
  void poll(std::chrono::milliseconds longest);
  void poll_sockets(int milliseconds);
  void run_watchers();

  CURLM* multi_;
  Wakeup wakeup_;
  std::size_t transfers_ = 0;
  std::atomic<std::thread::id> owner_;
  std::vector<Place> operations_;
  std::vector<std::uint32_t> free_places_;
  // polls_[0] is wakeup_; polls_[i + 1] belongs to watches_[i].
  std::vector<pollfd> polls_;
  std::vector<Watch> watches_;
  std::multimap<Clock::time_point, std::pair<TimerId, std::function<void()>>> timers_;
  std::unordered_map<TimerId, decltype(timers_)::iterator> timer_by_id_;
  TimerId last_timer_ = 0;
  std::mutex mutex_;  // guards posted_ alone
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> has_posted_{false};
  std::vector<std::function<void()>> running_;
};

}  // namespace storelink
