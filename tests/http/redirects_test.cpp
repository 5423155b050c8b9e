#include "http/redirects.hpp"

#include <gtest/gtest.h>

#include "support/fake_transport.hpp"
#include "support/requests.hpp"

namespace storelink::testing {
namespace {

class Redirects : public ::testing::Test {
 protected:
  HttpResponse get(const std::string& url, const std::string& method = "GET", bool stays = false) {
    HttpRequest made = request(url, method);
    made.headers = {{"authorization", "Basic x"}, {"range", "bytes=0-1"}, {"x-api-key", "sesame"}};
    return send(http::follow_redirects(transport, stays), std::move(made));
  }
  void redirect(const std::string& location, int status = 302) {
    transport->reply(status, "", {{"location", location}});
  }
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
};

TEST_F(Redirects, AreFollowedWhereverTheyLead) {
  struct Case {
    const char* location;
    const char* target;
  };
  for (const Case& c :
       {Case{"/x?y=1#z", "https://a.com:8443/x?y=1"}, Case{"x y", "https://a.com:8443/d/x%20y"},
        Case{"//b.com/x", "https://b.com/x"}, Case{"https://b.com", "https://b.com"}}) {
    redirect(c.location);
    transport->reply(200, "body");
    EXPECT_EQ(get("https://a.com:8443/d/k").body.view(), "body");
    EXPECT_EQ(transport->last().url, c.target);
    EXPECT_EQ(header(transport->last(), "range"), "bytes=0-1");
  }
}

TEST_F(Redirects, TakeCredentialsAlongOnTheSameOriginOnly) {
  redirect("/other", 308);
  transport->reply(200);
  get("https://a.com/k");
  EXPECT_EQ(header(transport->last(), "authorization"), "Basic x");
  EXPECT_EQ(header(transport->last(), "x-api-key"), "sesame");
  for (const char* elsewhere : {"https://b.com/k", "https://a.com:444/k"}) {
    redirect(elsewhere, 307);
    transport->reply(200);
    get("https://a.com/k");
    EXPECT_EQ(transport->last().url, elsewhere);
    EXPECT_EQ(header(transport->last(), "authorization"), "(none)");
    EXPECT_EQ(header(transport->last(), "x-api-key"), "(none)");
    EXPECT_EQ(header(transport->last(), "range"), "bytes=0-1");
  }
  redirect("https://b.com/k");
  EXPECT_EQ(get("https://a.com/k", "GET", true).status, 302) << "default headers may hold a token";
}

TEST_F(Redirects, AreLeftToTheCallerWhereTheyAreNotSafe) {
  redirect("http://a.com/k");
  EXPECT_EQ(get("https://a.com/k").status, 302) << "no more encryption";
  redirect("ftp://a.com/k");
  EXPECT_EQ(get("https://a.com/k").status, 302);
  redirect("https://[broken");
  EXPECT_EQ(get("https://a.com/k").status, 302);
  transport->reply(304, "", {{"location", "/x"}});
  EXPECT_EQ(get("https://a.com/k").status, 304);
  transport->reply(302);
  EXPECT_EQ(get("https://a.com/k").status, 302);
  redirect("/x", 307);
  EXPECT_EQ(get("https://a.com/k", "PUT").status, 307);
}

TEST_F(Redirects, OfADirectoryToItsIndexSayThatThereIsNoObject) {
  redirect("http://inside:8080/d%69r/", 301);
  EXPECT_EQ(get("https://a.com/dir", "HEAD").status, 404);
  redirect("/dir/index.html");
  transport->reply(200);
  EXPECT_EQ(get("https://a.com/dir/").status, 200);
}

TEST_F(Redirects, EndAfterTen) {
  transport->otherwise([](const HttpRequest& sent) {
    HttpResponse response;
    response.status = 302;
    response.headers = {{"location", sent.url + "x"}};
    return response;
  });
  EXPECT_EQ(get("https://a.com/k").status, 302);
  EXPECT_EQ(transport->count(), 11U);
}

}  // namespace
}  // namespace storelink::testing
