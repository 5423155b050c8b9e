// Signed URLs, used by somebody without credentials.
#include "conformance/fixture.hpp"
#include "support/tapped_transport.hpp"

namespace storelink::testing {
namespace {

class Signing : public Conformance {
 protected:
  std::string sign(const std::string& method, const std::string& path) {
    return store->sign(SignRequest(method, path, std::chrono::minutes(5)));
  }
  HttpResponse send(const std::string& method, const std::string& url, const std::string& body = {}) {
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = {{"x-ms-blob-type", "BlockBlob"}};  // Azure wants it of a PUT, others do not look
    request.body = Bytes::copy(body);
    return drive(transport_->send_async(std::move(request)));
  }

 private:
  const std::shared_ptr<Transport> transport_ = plain_transport();
};

TEST_P(Signing, AUrlLetsItsHolderInForItsMethodAndKeyOnly) {
  if (!store->capabilities().sign) {
    EXPECT_EQ(kind_thrown([&] { sign("GET", "key"); }), ErrorKind::not_supported);
    return;
  }
  const std::string key = "dir/a b+c%20ü.txt";
  EXPECT_EQ(send("PUT", sign("PUT", key), "signed").status / 100, 2);
  EXPECT_EQ(text(key), "signed");
  const std::string url = sign("GET", key);
  const HttpResponse got = send("GET", url);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body.view(), "signed");

  put("dir/other");
  EXPECT_EQ(send("PUT", url, "more").status, 403) << "another method";
  std::string elsewhere = url;
  elsewhere.replace(elsewhere.find("/dir/"), elsewhere.find('?') - elsewhere.find("/dir/"), "/dir/other");
  EXPECT_EQ(send("GET", elsewhere).status, 403) << "another key";
  std::string forged = url;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(send("GET", forged).status, 403) << "another signature";
  EXPECT_EQ(text(key), "signed");
}

STORELINK_ON_EVERY_BACKEND(Signing);

}  // namespace
}  // namespace storelink::testing
