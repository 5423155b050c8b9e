// The exact requests of each verb on a web server, and what becomes of the answers. Lists:
// webdav_listing_test.
#include "cloud/webdav_fixture.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

using WebDavRequests = FakeWebDav;

TEST_F(WebDavRequests, GetEncodesTheKeyAndReadsTheHeaders) {
  transport->reply(206, "ell",
                   object_headers(3, {{"content-range", "bytes 1-3/5"}, {"content-type", "text/plain"}}));
  const GetResult result = store->get(GetRequest("a b/ü+%.txt", GetRange::bounded(1, 4)));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.url, base + "a%20b/%C3%BC%2B%25.txt");
  EXPECT_EQ(header(sent, "range"), "bytes=1-3");
  EXPECT_EQ(header(sent, "authorization"), "(none)");
  EXPECT_EQ(result.body.view(), "ell");
  EXPECT_EQ(result.meta.size, 5U);
  EXPECT_EQ(result.meta.e_tag, "\"e1\"");
  EXPECT_EQ(result.attributes.content_type, "text/plain");
  EXPECT_TRUE(result.attributes.metadata.empty()) << "other headers are no metadata";
}

TEST_F(WebDavRequests, TheEmptyKeyIsTheUrlItselfForGetsOnly) {
  transport->reply(200, "x", object_headers(1));
  EXPECT_EQ(store->get("").view(), "x");
  EXPECT_EQ(transport->last().url, "https://example.com/base/dir");
  EXPECT_EQ(kind_thrown([&] { store->put("", Bytes()); }), ErrorKind::invalid_path);
  EXPECT_EQ(kind_thrown([&] { store->remove(""); }), ErrorKind::invalid_path);
  EXPECT_EQ(kind_thrown([&] { store->copy(CopyRequest("a", "")); }), ErrorKind::invalid_path);
  EXPECT_EQ(transport->count(), 1U);
}

TEST_F(WebDavRequests, KeysThatServersReadInTheirOwnWaysAreRefused) {
  for (const char* key : {"/a", "a/", "a//b", "../secret", "a/./b", "a\nb"}) {
    EXPECT_EQ(kind_thrown([&] { (void)store->get(key); }), ErrorKind::invalid_path) << key;
    EXPECT_EQ(kind_thrown([&] { store->put(key, Bytes()); }), ErrorKind::invalid_path) << key;
    EXPECT_EQ(kind_thrown([&] { store->remove(key); }), ErrorKind::invalid_path) << key;
  }
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(WebDavRequests, ConditionsHoldAlsoOnAServerThatIgnoresThem) {
  for (int i = 0; i < 4; ++i) transport->reply(200, "x", object_headers(1));
  GetRequest request("k");
  request.if_match = "\"other\"";
  EXPECT_EQ(kind_thrown([&] { (void)store->get(request); }), ErrorKind::precondition);
  request.if_match.reset();
  request.if_none_match = "\"e1\"";
  EXPECT_EQ(kind_thrown([&] { (void)store->get(request); }), ErrorKind::not_modified);
  request.if_none_match.reset();
  request.if_modified_since = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
  EXPECT_EQ(kind_thrown([&] { (void)store->get(request); }), ErrorKind::not_modified);
  request.version = "1";
  EXPECT_EQ(kind_thrown([&] { (void)store->get(request); }), ErrorKind::not_supported);
}

TEST_F(WebDavRequests, ADirectoryIsNoObject) {
  // nginx and Apache lead on to the index, WsgiDAV forbids to read it.
  transport->reply(301, "", {{"location", "http://inner:8080/base/dir/d%69r/"}});
  EXPECT_EQ(kind_thrown([&] { (void)store->head("dir"); }), ErrorKind::not_found);
  transport->reply(403);
  reply_collection("dir");
  EXPECT_EQ(kind_thrown([&] { (void)store->get("dir"); }), ErrorKind::not_found);
  transport->reply(403);
  reply_object("file");
  EXPECT_EQ(kind_thrown([&] { (void)store->get("file"); }), ErrorKind::permission_denied);
}

TEST_F(WebDavRequests, APutMakesTheCollectionsAboveOnce) {
  // A fresh server: neither "a/b/" nor "a/" nor the base is there.
  transport->reply(409).reply(409).reply(201).reply(201).reply(201).reply(201, "", {{"etag", "\"new\""}});
  PutRequest request("a/b/c", Bytes::copy("data"));
  request.attributes.content_type = "text/html";
  EXPECT_EQ(store->put(std::move(request)).e_tag, "\"new\"");
  EXPECT_EQ(calls(), (Strings{"MKCOL a/b/", "MKCOL a/", "MKCOL ", "MKCOL a/", "MKCOL a/b/", "PUT a/b/c"}));
  EXPECT_EQ(header(transport->last(), "content-type"), "text/html");
  EXPECT_EQ(transport->last().body.view(), "data");
  transport->reply(204);
  store->put("a/b/d", Bytes::copy("x"));
  EXPECT_EQ(calls().back(), "PUT a/b/d");
  EXPECT_EQ(transport->count(), 7U);
}

TEST_F(WebDavRequests, APutMakesWhatIsMissingOfTheUrlsOwnPath) {
  const auto urls = [&] {
    Strings all;
    for (const HttpRequest& request : transport->requests())
      all.push_back(request.method + " " + request.url);
    return all;
  };
  const Strings expected = {"MKCOL https://example.com/base/dir/", "MKCOL https://example.com/base/",
                            "MKCOL https://example.com/base/dir/", "PUT https://example.com/base/dir/k"};
  transport->reply(409).reply(201).reply(201).reply(201);
  store->put("k", Bytes::copy("x"));
  EXPECT_EQ(urls(), expected);
  // The server's root is not asked for, and where nothing can be made nothing below is tried again.
  const auto other = make_http_store(fake_http_options(transport, "https://example.com/x/y"));
  transport->reply(404).reply(404).reply(201);
  other->put("k", Bytes::copy("x"));
  const Strings all = urls();
  EXPECT_EQ(Strings(all.begin() + 4, all.end()),
            (Strings{"MKCOL https://example.com/x/y/", "MKCOL https://example.com/x/",
                     "PUT https://example.com/x/y/k"}));
}

TEST_F(WebDavRequests, ACollectionThatIsThereAnswers405AndOneThatGoesIsMadeAgain) {
  transport->reply(405).reply(201);
  store->put("a/b", Bytes::copy("x"));
  transport->reply(409).reply(201).reply(201);
  store->put("a/c", Bytes::copy("x"));
  EXPECT_EQ(calls(), (Strings{"MKCOL a/", "PUT a/b", "PUT a/c", "MKCOL a/", "PUT a/c"}));
}

TEST_F(WebDavRequests, ARefusedCollectionLeavesTheLastWordToThePut) {
  transport->reply(403).reply(201);
  store->put("a/b", Bytes::copy("x"));
  transport->reply(403).reply(409).reply(403).reply(409);
  const Error error = error_of([&] { store->put("a/b", Bytes::copy("x")); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_NE(error.message().find("an object has the name of a collection above it"), std::string::npos)
      << error.message();
}

TEST_F(WebDavRequests, CreatingPutsAsideAndMovesWithoutOverwriting) {
  transport->reply(405).reply(201).reply(201);
  PutRequest request("a/k", Bytes::copy("data"));
  request.mode = PutMode::create();
  store->put(request);
  const auto sent = transport->requests();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[1].method, "PUT");
  EXPECT_TRUE(sent[1].url.starts_with(base + "a/.storelink~")) << sent[1].url;
  EXPECT_EQ(sent[1].body.view(), "data");
  EXPECT_EQ(header(sent[1], "if-none-match"), "(none)");
  EXPECT_EQ(sent[2].method, "MOVE");
  EXPECT_EQ(sent[2].url, sent[1].url);
  EXPECT_EQ(header(sent[2], "destination"), base + "a/k");
  EXPECT_EQ(header(sent[2], "overwrite"), "F");

  transport->reply(201).reply(412).reply(204);
  const Error error = error_of([&] { store->put(request); });
  EXPECT_EQ(error.kind(), ErrorKind::already_exists);
  EXPECT_EQ(error.path(), "a/k");
  EXPECT_EQ(transport->last().method, "DELETE") << "nothing is left behind";
  EXPECT_TRUE(transport->last().url.starts_with(base + "a/.storelink~"));
}

TEST_F(WebDavRequests, ALostMoveOfACreateIsNotRepeated) {
  transport->reply(405).reply(201).fail(true).reply(404);
  PutRequest request("k", Bytes::copy("data"));
  request.mode = PutMode::create();
  EXPECT_EQ(kind_thrown([&] { store->put(request); }), ErrorKind::io);
  EXPECT_EQ(calls().size(), 4U);
}

TEST_F(WebDavRequests, WhatNoServerKeepsIsRefusedBeforeAnyRequest) {
  const auto refused = [&](auto change) {
    PutRequest request("k", Bytes::copy("x"));
    change(request);
    return kind_thrown([&] { store->put(request); });
  };
  EXPECT_EQ(refused([](PutRequest& r) { r.mode = PutMode::update("\"e\""); }), ErrorKind::not_implemented);
  EXPECT_EQ(refused([](PutRequest& r) { r.tags = {{"a", "b"}}; }), ErrorKind::not_supported);
  EXPECT_EQ(refused([](PutRequest& r) { r.attributes.cache_control = "no-store"; }),
            ErrorKind::not_supported);
  EXPECT_EQ(refused([](PutRequest& r) { r.attributes.metadata["a"] = "b"; }), ErrorKind::not_supported);
  EXPECT_EQ(kind_thrown([&] { (void)store->start_multipart(MultipartRequest("k")); }),
            ErrorKind::not_supported);
  EXPECT_EQ(kind_thrown([&] { (void)store->sign(SignRequest("GET", "k", std::chrono::seconds(1))); }),
            ErrorKind::not_supported);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(WebDavRequests, CapabilitiesAreWhatAnyWebDavServerCan) {
  const Capabilities can = store->capabilities();
  EXPECT_TRUE(can.put_create && can.copy_create && can.ordered_list);
  EXPECT_FALSE(can.put_update || can.attributes || can.tags || can.versions || can.sign || can.multipart);
}

TEST_F(WebDavRequests, DeleteNeverTakesACollection) {
  reply_object("a");
  transport->reply(204);
  store->remove("a");
  EXPECT_EQ(calls(), (Strings{"PROPFIND a", "DELETE a"}));
  EXPECT_EQ(header(transport->last(), "depth"), "0");
  reply_collection("a");
  EXPECT_EQ(kind_thrown([&] { store->remove("a"); }), ErrorKind::not_found);
  // Without WebDAV there may be DELETE all the same.
  transport->reply(405).reply(404);
  EXPECT_EQ(kind_thrown([&] { store->remove("a"); }), ErrorKind::not_found);
  EXPECT_EQ(transport->count(), 5U);
}

TEST_F(WebDavRequests, ManyDeletesTakeNoCollectionEither) {
  reply_collection("a");
  reply_object("b");
  transport->reply(204);
  const auto outcomes = store->remove_many({"a"});
  EXPECT_FALSE(outcomes.at(0).has_value()) << "there is no object a";
  EXPECT_EQ(calls(), (Strings{"PROPFIND a"}));
  EXPECT_FALSE(store->remove_many({"b"}).at(0).has_value());
}

TEST_F(WebDavRequests, CopyAndRenameNameTheirDestination) {
  reply_object("a b");
  transport->reply(404).reply(405).reply(201);
  store->copy(CopyRequest("a b", "c/d e"));
  EXPECT_EQ(calls(), (Strings{"PROPFIND a%20b", "PROPFIND c/d%20e", "MKCOL c/", "COPY a%20b"}));
  EXPECT_EQ(header(transport->last(), "destination"), base + "c/d%20e");
  EXPECT_EQ(header(transport->last(), "overwrite"), "T");
  EXPECT_EQ(header(transport->last(), "depth"), "0");

  reply_object("a");
  reply_object("c/b");
  transport->reply(204);
  store->rename(CopyRequest("a", "c/b", true));
  EXPECT_EQ(calls().back(), "MOVE a");
  EXPECT_EQ(header(transport->last(), "depth"), "(none)");

  reply_object("a");
  transport->reply(412);
  const Error error = error_of([&] { store->copy(CopyRequest("a", "c/b", false)); });
  EXPECT_EQ(header(transport->last(), "overwrite"), "F");
  EXPECT_EQ(error.kind(), ErrorKind::already_exists);
  EXPECT_EQ(error.path(), "c/b");
}

TEST_F(WebDavRequests, ACopyOfACollectionAndOneThatFailedInPartAreErrors) {
  reply_collection("a");
  EXPECT_EQ(kind_thrown([&] { store->copy(CopyRequest("a", "b")); }), ErrorKind::not_found);
  reply_object("a");
  transport->reply(404).reply(405).reply(207, multistatus(""));
  EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest("a", "b")); }), ErrorKind::generic);
}

TEST_F(WebDavRequests, ACopyOntoACollectionIsRefused) {
  for (const char* verb : {"copy", "rename"}) {
    reply_object("a");
    reply_collection("dir");
    const CopyRequest request("a", "dir");
    const Error error =
        error_of([&] { verb == std::string("copy") ? store->copy(request) : store->rename(request); });
    EXPECT_NE(error.message().find("would be lost"), std::string::npos) << error.message();
  }
  EXPECT_EQ(transport->count(), 4U) << "nothing else was sent";
}

TEST_F(WebDavRequests, WhereAServerDoesNotSayWhetherItIsACollectionNothingIsSent) {
  for (const int status : {401, 403}) {
    transport->reply(status);
    EXPECT_THROW(store->remove("a"), Error);
    transport->reply(status);
    EXPECT_THROW(store->rename(CopyRequest("a", "b")), Error);
  }
  EXPECT_EQ(transport->count(), 4U);
}

TEST_F(WebDavRequests, ConditionsOnWhatTheServerDoesNotTellAreLeftToIt) {
  for (int i = 0; i < 3; ++i) transport->reply(200, "x", {{"content-length", "1"}});
  GetRequest request("k");
  request.if_modified_since = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
  EXPECT_EQ(store->get(request).body.view(), "x");
  request.if_modified_since.reset();
  request.if_unmodified_since = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
  EXPECT_EQ(store->get(request).body.view(), "x");
  request.if_unmodified_since.reset();
  request.if_match = "*";
  EXPECT_EQ(store->get(request).body.view(), "x");
}

TEST_F(WebDavRequests, AServerWithoutWebDavSaysNotSupported) {
  for (const int status : {405, 501}) {
    transport->otherwise([status](const HttpRequest&) {
      HttpResponse response;
      response.status = status;
      return response;
    });
    for (const std::function<void()>& verb : std::initializer_list<std::function<void()>>{
             [&] { store->put("k", Bytes::copy("x")); }, [&] { store->remove("k"); },
             [&] { store->copy(CopyRequest("k", "l")); }, [&] { store->rename(CopyRequest("k", "l")); },
             [&] { (void)store->list(); }, [&] { (void)store->list_with_delimiter(); }}) {
      const Error error = error_of(verb);
      EXPECT_EQ(error.kind(), ErrorKind::not_supported) << error.what();
      EXPECT_NE(error.message().find("WebDAV"), std::string::npos) << error.message();
    }
  }
}

TEST_F(WebDavRequests, UserAndPasswordOfTheUrlAreBasicAuthenticationAndInNoMessage) {
  // RFC 7617, section 2.
  const auto secret =
      make_http_store(fake_http_options(transport, "https://Aladdin:open%20sesame@example.com/base/dir/"));
  transport->reply(401, "open sesame QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const Error error = error_of([&] { (void)secret->get("k"); });
  EXPECT_EQ(header(transport->last(), "authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(transport->last().url, base + "k");
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(std::string(error.what()).find("sesame"), std::string::npos) << error.what();
  EXPECT_EQ(std::string(error.what()).find("QWxh"), std::string::npos) << error.what();
  EXPECT_EQ(secret->describe(), "HTTPStore(url=\"https://example.com/base/dir/\")");
}

TEST_F(WebDavRequests, UrlsAreCheckedBeforeAnyRequest) {
  const auto refused = [&](const std::string& url) {
    const Error error = error_of([&] { make_http_store(fake_http_options(transport, url)); });
    EXPECT_EQ(error.kind(), ErrorKind::generic) << url;
    EXPECT_EQ(error.message().find("hush"), std::string::npos) << error.message();
    return error.message();
  };
  EXPECT_NE(refused("http://u:hush@example.com/").find("allow_http"), std::string::npos);
  EXPECT_NE(refused("https://u:hush@example.com/?x=hush").find("without query"), std::string::npos);
  EXPECT_NE(refused("ftp://u:hush@example.com/").find("http or https"), std::string::npos);
  refused("https://example.com/#part");
  refused("https://a%3Ab:hush@example.com/");
  refused("example.com");
  refused("");
  HttpOptions options = fake_http_options(transport, "http://example.com");
  options.client_options = {{"allow_http", "true"}};
  transport->reply(200, "x", object_headers(1));
  (void)make_http_store(options)->get("k");
  EXPECT_EQ(transport->last().url, "http://example.com/k");
  options.client_options = {{"allow_htp", "true"}};
  EXPECT_EQ(kind_thrown([&] { make_http_store(options); }), ErrorKind::unknown_config_key);
}

TEST_F(WebDavRequests, ThePathOfTheUrlIsSentAsItWasWritten) {
  transport->reply(200, "x", object_headers(1));
  (void)make_http_store(fake_http_options(transport, "https://example.com/a+b;v=1/ü x/%2F"))->get("k");
  EXPECT_EQ(transport->last().url, "https://example.com/a+b;v=1/%C3%BC%20x/%2F/k");
}

}  // namespace
}  // namespace storelink::testing
