#include "base/event_loop.hpp"

#include <algorithm>
#include <new>

namespace storelink {

EventLoop::EventLoop() : multi_(curl_multi_init()), owner_(std::this_thread::get_id()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  // libcurl's own default shrinks the cache to four times the transfers under way.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 256L);
}

EventLoop::~EventLoop() {
  curl_multi_cleanup(multi_);
}

void EventLoop::post(std::function<void()> work) {
  bool first;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  // The owner looks at the queue before it waits; only another thread has to wake it, and only once.
  if (first && owner_ != std::this_thread::get_id()) curl_multi_wakeup(multi_);
}

void EventLoop::turn(std::chrono::milliseconds longest) {
  bool busy = run_posted();
  busy |= run_timers();
  busy |= run_transfers();
  if (busy) return;
  auto wait = longest;
  if (!timers_.empty()) {
    // Rounded up, so that the timer is due when the wait is over.
    const auto until = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
    wait = std::clamp(until, std::chrono::milliseconds(0), wait);
  }
  {
    const std::lock_guard lock(mutex_);
    if (!posted_.empty()) return;
  }
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
  run_posted();
  run_timers();
  run_transfers();
}

bool EventLoop::settle() {
  while (run_posted()) {
  }
  return transfers_.empty() && timers_.empty();
}

bool EventLoop::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return false;
    running_.swap(posted_);
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
  if (transfers_.empty()) return false;
  int running = 0;
  curl_multi_perform(multi_, &running);
  if (static_cast<std::size_t>(running) == transfers_.size()) return false;
  bool ran = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* id = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &id);
    finish(reinterpret_cast<TransferId>(id), message->data.result);
    ran = true;
  }
  return ran;
}

EventLoop::TransferId EventLoop::add(CURL* easy, Transfer& transfer) {
  const TransferId id = ++last_transfer_;
  transfers_.emplace(id, Active{easy, &transfer});
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an id that is never dereferenced
  curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(id));
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    transfers_.erase(id);
    throw std::bad_alloc();
  }
  return id;
}

void EventLoop::abort(TransferId id) {
  if (find(id) != nullptr) finish(id, CURLE_ABORTED_BY_CALLBACK);
}

EventLoop::Transfer* EventLoop::find(TransferId id) const noexcept {
  const auto found = transfers_.find(id);
  return found == transfers_.end() ? nullptr : found->second.transfer;
}

void EventLoop::finish(TransferId id, CURLcode code) {
  auto node = transfers_.extract(id);
  curl_multi_remove_handle(multi_, node.mapped().easy);
  node.mapped().transfer->finished(code);
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
