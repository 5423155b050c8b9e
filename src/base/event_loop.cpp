#include "base/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace storelink {

EventLoop::EventLoop() : multi_(curl_multi_init()), owner_(std::this_thread::get_id()) {
  if (multi_ == nullptr || !wakeup_) {
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
    throw std::bad_alloc();
  }
  polls_.push_back({wakeup_.descriptor(), POLLIN, 0});
  // libcurl's own default shrinks the cache to four times the transfers under way.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 256L);
}

EventLoop::~EventLoop() {
  local.reset();
  curl_multi_cleanup(multi_);
}

void EventLoop::post(std::function<void()> work) {
  bool first;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
    has_posted_.store(true);
  }
  // The owner looks at the queue before it waits; only another thread has to wake it, and only once.
  if (first && owner_ != std::this_thread::get_id()) wakeup_.wake();
}

void EventLoop::turn(std::chrono::milliseconds longest) {
  bool busy = run_posted();
  busy |= run_timers();
  busy |= run_transfers();
  poll(busy ? std::chrono::milliseconds(0) : longest);
  run_posted();
  run_timers();
  run_transfers();
  run_watchers();
}

// Leaves what happened in polls_.
void EventLoop::poll(std::chrono::milliseconds longest) {
  Clock::time_point due = timers_.empty() ? never : timers_.begin()->first;
  for (const Watch& watch : watches_) {
    due = std::min(due, watch.deadline);
    if (watch.again) due = Clock::time_point::min();
  }
  auto wait = longest;
  if (due == Clock::time_point::min()) {
    wait = {};
  } else if (due != never) {
    // Rounded up, so that it is due when the wait is over.
    const auto until = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    wait = std::clamp(until, std::chrono::milliseconds(0), wait);
  }
  if (has_posted_.load()) wait = {};
  const auto milliseconds = static_cast<int>(std::min<std::int64_t>(wait.count(), INT32_MAX));
  if (transfers_ == 0) {
    poll_sockets(milliseconds);
  } else {
    std::vector<curl_waitfd> also;
    for (const pollfd& each : polls_)
      if (each.fd >= 0) also.push_back({each.fd, each.events, 0});
    curl_multi_poll(multi_, also.data(), static_cast<unsigned>(also.size()), milliseconds, nullptr);
    poll_sockets(0);
  }
  if (polls_[0].revents != 0) wakeup_.clear();
}

void EventLoop::poll_sockets(int milliseconds) {
  if (::poll(polls_.data(), polls_.size(), milliseconds) >= 0 || errno == EINTR) return;
  // It refuses more entries than the process may have descriptors, also where some of them are -1.
  std::vector<pollfd> open;
  for (const pollfd& each : polls_)
    if (each.fd >= 0) open.push_back(each);
  ::poll(open.data(), open.size(), milliseconds);
  auto next = open.begin();
  for (pollfd& each : polls_)
    if (each.fd >= 0) each.revents = (next++)->revents;
}

void EventLoop::run_watchers() {
  const bool may_expire = std::any_of(watches_.begin(), watches_.end(),
                                      [](const Watch& watch) { return watch.deadline != never; });
  const Clock::time_point now = may_expire ? Clock::now() : Clock::time_point::min();
  // Backwards: what ends its watch is replaced by one that had its turn, and what begins one is not called.
  for (std::size_t i = watches_.size(); i-- > 0;) {
    if (i >= watches_.size()) continue;
    Watch& watch = watches_[i];
    const short events = std::exchange(polls_[i + 1].revents, static_cast<short>(0));
    const bool again = std::exchange(watch.again, false);
    if (events != 0 || again)
      watch.watcher->ready(events);
    else if (watch.deadline <= now)
      watch.watcher->expired();
  }
}

bool EventLoop::settle() {
  while (run_posted()) {
  }
  return free_places_.size() == operations_.size() && timers_.empty();
}

bool EventLoop::run_posted() {
  if (!has_posted_.load()) return false;
  {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
    has_posted_.store(false);
  }
  for (auto& work : running_) work();
  running_.clear();
  return true;
}

bool EventLoop::run_timers() {
  bool ran = false;
  while (!timers_.empty() && timers_.begin()->first <= Clock::now()) {
    auto node = timers_.extract(timers_.begin());
    timer_by_id_.erase(node.mapped().first);
    node.mapped().second();
    ran = true;
  }
  return ran;
}

bool EventLoop::run_transfers() {
  if (transfers_ == 0) return false;
  int running = 0;
  curl_multi_perform(multi_, &running);
  if (static_cast<std::size_t>(running) == transfers_) return false;
  bool ran = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    static_cast<Transfer*>(transfer)->finished(message->data.result);
    ran = true;
  }
  return ran;
}

void EventLoop::add(CURL* easy, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) throw std::bad_alloc();
  ++transfers_;
}

void EventLoop::remove(CURL* easy) noexcept {
  curl_multi_remove_handle(multi_, easy);
  --transfers_;
}

EventLoop::OperationId EventLoop::begin(Operation& operation) {
  if (free_places_.empty()) {
    operations_.push_back({nullptr, 0});
    free_places_.reserve(operations_.capacity());  // so that end() does not fail
    free_places_.push_back(static_cast<std::uint32_t>(operations_.size() - 1));
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  operations_[place].operation = &operation;
  return std::uint64_t{operations_[place].uses} << 32 | place;
}

void EventLoop::end(OperationId id) noexcept {
  const auto place = static_cast<std::uint32_t>(id);
  operations_[place].operation = nullptr;
  ++operations_[place].uses;
  free_places_.push_back(place);
}

EventLoop::Operation* EventLoop::find(OperationId id) const noexcept {
  const auto place = static_cast<std::uint32_t>(id);
  if (place >= operations_.size() || operations_[place].uses != id >> 32) return nullptr;
  return operations_[place].operation;
}

void EventLoop::watch(Watcher& watcher, int fd, short events, Clock::time_point deadline) {
  if (watcher.slot_ == Watcher::unwatched) {
    if (watches_.size() == watches_.capacity()) {
      watches_.reserve(std::max<std::size_t>(16, 2 * watches_.size()));
      polls_.reserve(watches_.capacity() + 1);
    }
    watches_.push_back({&watcher, deadline, false});
    polls_.push_back({fd, events, 0});
    watcher.slot_ = watches_.size() - 1;
    return;
  }
  watches_[watcher.slot_].deadline = deadline;
  pollfd& entry = polls_[watcher.slot_ + 1];
  entry.fd = fd;
  entry.events = events;
}

void EventLoop::again(Watcher& watcher) noexcept {
  if (watcher.slot_ != Watcher::unwatched) watches_[watcher.slot_].again = true;
}

void EventLoop::unwatch(Watcher& watcher) noexcept {
  const std::size_t slot = std::exchange(watcher.slot_, Watcher::unwatched);
  if (slot == Watcher::unwatched) return;
  watches_[slot] = watches_.back();
  polls_[slot + 1] = polls_.back();
  watches_.pop_back();
  polls_.pop_back();
  if (slot < watches_.size()) watches_[slot].watcher->slot_ = slot;
}

EventLoop::TimerId EventLoop::add_timer(Clock::time_point when, std::function<void()> work) {
  const TimerId id = ++last_timer_;
  timer_by_id_.emplace(id, timers_.emplace(when, std::pair(id, std::move(work))));
  return id;
}

bool EventLoop::cancel_timer(TimerId id) {
  const auto found = timer_by_id_.find(id);
  if (found == timer_by_id_.end()) return false;
  timers_.erase(found->second);
  timer_by_id_.erase(found);
  return true;
}

}  // namespace storelink
