// A store on a web server whose transport is scripted.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cloud/s3_fixture.hpp"
#include "support/quick_retries.hpp"

namespace storelink::testing {

inline HttpOptions fake_http_options(std::shared_ptr<Transport> transport,
                                     std::string url = "https://example.com/base/dir") {
  HttpOptions options;
  options.url = std::move(url);
  options.transport = std::move(transport);
  options.retry = quick_retries();
  return options;
}

inline std::string multistatus(const std::string& responses) {
  return R"(<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">)" + responses + "</D:multistatus>";
}

inline std::string found(const std::string& href, const std::string& properties) {
  return "<D:response><D:href>" + href + "</D:href><D:propstat><D:prop>" + properties +
         "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
}

inline std::string object(const std::string& href) {
  return found(href, "<D:getcontentlength>3</D:getcontentlength><D:resourcetype/>");
}

inline std::string collection(const std::string& href) {
  return found(href, "<D:resourcetype><D:collection/></D:resourcetype>");
}

class FakeWebDav : public ::testing::Test {
 protected:
  // "PUT a/b" for each request so far, with the path below the base URL.
  std::vector<std::string> calls() const {
    std::vector<std::string> all;
    for (const HttpRequest& request : transport->requests())
      all.push_back(request.method + " " + request.url.substr(std::min(base.size(), request.url.size())));
    return all;
  }
  // One answer with the collection's or object's kind, as to PROPFIND with depth 0.
  void reply_object(const std::string& key) {
    transport->reply(207, multistatus(object("/base/dir/" + key)));
  }
  void reply_collection(const std::string& key) {
    transport->reply(207, multistatus(collection("/base/dir/" + key + "/")));
  }

  const std::string base = "https://example.com/base/dir/";
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::shared_ptr<ObjectStore> store = make_http_store(fake_http_options(transport));
};

using Strings = std::vector<std::string>;

}  // namespace storelink::testing
