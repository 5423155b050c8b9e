// Inbox: many threads put nodes in, one takes out all there are. No lock, so a fork() in the middle of it
// does no harm, and nobody ever waits.
#pragma once

#include <atomic>

namespace storelink {

// A list linked through `Node* Node::next`. The nodes are the callers'; a node is in one inbox at most.
template <class Node>
class Inbox {
 public:
  enum class Put {
    first,   // the inbox was empty: whoever put this one wakes the owner
    more,    // the owner has been woken already
    closed,  // not taken: the node is still the caller's
  };

  Inbox() noexcept = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // From any thread. Once it is in, the node may be taken and destroyed before this returns.
  Put put(Node* node) noexcept {
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      if (head == closed_mark()) return Put::closed;
      node->next = head;
    } while (!head_.compare_exchange_weak(head, node, std::memory_order_release, std::memory_order_relaxed));
    return head == nullptr ? Put::first : Put::more;
  }

  // By the owner only: everything that is in, the oldest first; null if there is nothing.
  Node* take_all() noexcept {
    if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return oldest_first(head_.exchange(nullptr, std::memory_order_acquire));
  }

  // By the owner: calls visit(const Node&) for what is in, or was a moment ago.
  template <class Visit>
  void for_each(Visit visit) const {
    const Node* node = head_.load(std::memory_order_acquire);
    if (node == closed_mark()) return;
    for (; node != nullptr; node = node->next) visit(*node);
  }

  // By the owner, who does not call take_all() again: what is in, and nothing can be put in any more.
  Node* close() noexcept {
    Node* newest = head_.exchange(closed_mark(), std::memory_order_acquire);
    return newest == closed_mark() ? nullptr : oldest_first(newest);
  }

 private:
  // An address that no node has.
  Node* closed_mark() const noexcept { return reinterpret_cast<Node*>(const_cast<Inbox*>(this)); }

  static Node* oldest_first(Node* newest) noexcept {
    Node* list = nullptr;
    while (newest != nullptr) {
      Node* const next = newest->next;
      newest->next = list;
      list = newest;
      newest = next;
    }
    return list;
  }

  std::atomic<Node*> head_{nullptr};
};

}  // namespace storelink
