#include "http/connection_pool.hpp"

#include <algorithm>

#include "http/http1_connection.hpp"

namespace storelink::http {

namespace {

// So many idle connections are kept to one server in one loop, unless a client option says less.
constexpr std::size_t idle_limit = 256;

// After so long a server may well have closed: looking costs less than a request in vain.
constexpr std::chrono::seconds fresh_enough(1);

}  // namespace

Server::Server(std::string k, const Origin& o) : key(std::move(k)), tls(o.tls), address(host_and_port(o)) {}
Server::~Server() = default;

ConnectionPool::ConnectionPool(EventLoop& loop)
    : loop_(loop), scratch_(std::make_unique_for_overwrite<char[]>(scratch_size)) {}
ConnectionPool::~ConnectionPool() {
  in_use_.clear();  // before the servers that they refer to
}

ConnectionPool& ConnectionPool::of(EventLoop& loop) {
  if (!loop.local) loop.local = std::make_unique<ConnectionPool>(loop);
  return static_cast<ConnectionPool&>(*loop.local);
}

Server& ConnectionPool::server(const Origin& origin, const std::string& trust) {
  for (const auto& server : servers_) {
    const std::string_view key = server->key;
    if (key.size() == origin.text.size() + trust.size() && key.starts_with(origin.text) &&
        key.ends_with(trust))
      return *server;
  }
  servers_.push_back(std::make_unique<Server>(std::string(origin.text) + trust, origin));
  return *servers_.back();
}

Http1Connection& ConnectionPool::acquire(Server& server, const ClientOptions& options, bool safe) {
  const auto now = EventLoop::Clock::now();
  std::unique_ptr<Http1Connection> connection;
  while (!connection && !server.idle.empty()) {
    connection = std::move(server.idle.back());
    server.idle.pop_back();
    const auto idle = now - connection->idle_since();
    if (idle > options.pool_idle_timeout) {
      server.idle.clear();  // these are older
      connection.reset();
    } else if ((!safe || idle > fresh_enough) && !connection->is_idle()) {
      connection.reset();
    }
  }
  if (!connection) connection = std::make_unique<Http1Connection>(*this, server);
  connection->place = in_use_.size();
  in_use_.push_back(std::move(connection));
  return *in_use_.back();
}

void ConnectionPool::release(Http1Connection& connection, bool reusable) noexcept {
  const std::size_t place = connection.place;
  std::unique_ptr<Http1Connection> mine = std::move(in_use_[place]);
  if (place + 1 != in_use_.size()) {
    in_use_[place] = std::move(in_use_.back());
    in_use_[place]->place = place;
  }
  in_use_.pop_back();
  if (!reusable) return;
  auto& idle = mine->server().idle;
  const std::size_t limit = std::min(mine->options().pool_max_idle_per_host.value_or(idle_limit), idle_limit);
  if (idle.size() < limit) idle.push_back(std::move(mine));
}

}  // namespace storelink::http
