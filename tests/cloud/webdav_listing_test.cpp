// Lists on a web server: PROPFIND, its answers in the ways of several servers, and the walk.
#include "cloud/webdav_fixture.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

using WebDavListing = FakeWebDav;

TEST_F(WebDavListing, OneRequestOfInfiniteDepthListsAllInOrder) {
  transport->reply(207, multistatus(collection("/base/dir/") + collection("/base/dir/b/") +
                                    found("/base/dir/b/c",
                                          "<D:getcontentlength>12</D:getcontentlength><D:getetag>\"e\""
                                          "</D:getetag><D:getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT"
                                          "</D:getlastmodified><D:resourcetype></D:resourcetype>") +
                                    object("/base/dir/b.d") + object("/base/dir/a")));
  const auto listed = store->list();
  EXPECT_EQ(paths(listed), (Strings{"a", "b.d", "b/c"}));
  EXPECT_EQ(listed[2].size, 12U);
  EXPECT_EQ(listed[2].e_tag, "\"e\"");
  EXPECT_EQ(listed[2].last_modified.time_since_epoch(), std::chrono::seconds(784111777));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method + " " + sent.url, "PROPFIND " + base);
  EXPECT_EQ(header(sent, "depth"), "infinity");
  EXPECT_NE(sent.body.view().find("<D:getcontentlength/>"), std::string_view::npos);
}

TEST_F(WebDavListing, ReferencesAreReadHoweverTheyAreWritten) {
  transport->reply(207, multistatus(object("https://other:81/base/dir/x%20y%2525/%C3%BC%3F") +
                                    object("\n  /base/dir/%78%2by\n") + object("/base/%64ir/z&amp;é") +
                                    object("HTTP://h/base/dir/plus+:x")));
  EXPECT_EQ(paths(store->list()), (Strings{"plus+:x", "x y%25/ü?", "x+y", "z&é"}));
}

TEST_F(WebDavListing, NamespacesAndStatusesOfOtherServers) {
  // As WsgiDAV and Apache write it: another prefix, properties not found, an etag without quotes.
  transport->reply(
      207, R"(<ns0:multistatus xmlns:ns0="DAV:"><ns0:response><ns0:href>/base/dir/a</ns0:href><ns0:propstat>)"
           R"(<ns0:prop><lp1:getcontentlength xmlns:lp1="DAV:">7</lp1:getcontentlength><ns0:getetag>12-7)"
           R"(</ns0:getetag></ns0:prop><ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat><ns0:propstat>)"
           R"(<ns0:prop><ns0:getetag>wrong</ns0:getetag></ns0:prop><ns0:status>HTTP/1.1 404 Not Found)"
           R"(</ns0:status></ns0:propstat></ns0:response><ns0:response><ns0:href>/base/dir/locked</ns0:href>)"
           R"(<ns0:status>HTTP/1.1 403 Forbidden</ns0:status></ns0:response></ns0:multistatus>)");
  const auto listed = store->list();
  ASSERT_EQ(paths(listed), (Strings{"a"}));
  EXPECT_EQ(listed[0].size, 7U);
  EXPECT_EQ(listed[0].e_tag, "\"12-7\"");
}

TEST_F(WebDavListing, WhereInfinityIsRefusedTheTreeIsWalkedFromThenOn) {
  transport->reply(403)
      .reply(207, multistatus(collection("/base/dir/") + collection("/base/dir/b") + object("/base/dir/z")))
      .reply(207,
             multistatus(collection("/base/dir/b/") + object("/base/dir/b/c") + collection("/base/dir/b/d/")))
      .reply(404);  // went away meanwhile
  EXPECT_EQ(paths(store->list()), (Strings{"b/c", "z"}));
  EXPECT_EQ(calls(), (Strings{"PROPFIND ", "PROPFIND ", "PROPFIND b/", "PROPFIND b/d/"}));
  EXPECT_EQ(header(transport->last(), "depth"), "1");
  transport->reply(207, multistatus(collection("/base/dir/")));
  EXPECT_TRUE(store->list().empty());
  EXPECT_EQ(transport->count(), 5U);
}

TEST_F(WebDavListing, AListThatIsRefusedAtAnyDepthIsPermissionDenied) {
  transport->reply(403).reply(403).reply(207, multistatus(collection("/base/dir/")));
  EXPECT_EQ(kind_thrown([&] { (void)store->list(); }), ErrorKind::permission_denied);
  EXPECT_TRUE(store->list().empty());
  EXPECT_EQ(header(transport->last(), "depth"), "infinity") << "nothing was learned";
}

TEST_F(WebDavListing, APrefixIsAskedForByItsDirectory) {
  transport->reply(207, multistatus(object("/base/dir/a/b/x") + object("/base/dir/a/b")));
  EXPECT_EQ(paths(store->list("a/b")), (Strings{"a/b/x"}));
  EXPECT_EQ(calls().back(), "PROPFIND a/b/");
  transport->reply(403).reply(207, multistatus(collection("/base/dir/a/bc/") + collection("/base/dir/a/d/") +
                                               object("/base/dir/a/bx")));
  transport->reply(207, multistatus(object("/base/dir/a/bc/y")));
  ListRequest request("a/b");
  request.raw_prefix = true;
  EXPECT_EQ(paths(store->list(request).objects), (Strings{"a/bc/y", "a/bx"}));
  EXPECT_EQ(calls().back(), "PROPFIND a/bc/") << "a/d/ cannot have such keys";
}

TEST_F(WebDavListing, PrefixesThatNoKeyHasListNothingWithoutARequest) {
  for (const char* prefix : {"/", "a//", "../up", "a/./b"})
    EXPECT_TRUE(store->list(prefix).empty()) << prefix;
  EXPECT_EQ(transport->count(), 0U);
  transport->reply(404);
  EXPECT_TRUE(store->list("missing").empty());
}

TEST_F(WebDavListing, ADelimiterAsksForOneLevelOnly) {
  transport->reply(207, multistatus(collection("/base/dir/a/") + collection("/base/dir/a/c%20d/") +
                                    object("/base/dir/a/b")));
  const auto listed = store->list_with_delimiter("a");
  EXPECT_EQ(paths(listed.objects), (Strings{"a/b"}));
  EXPECT_EQ(listed.common_prefixes, (Strings{"a/c d"}));
  EXPECT_EQ(calls(), (Strings{"PROPFIND a/"}));
  EXPECT_EQ(header(transport->last(), "depth"), "1");
}

TEST_F(WebDavListing, WhatIsBeingCreatedIsNotListed) {
  transport->reply(207, multistatus(object("/base/dir/a/.storelink~0011") + object("/base/dir/a/b")));
  EXPECT_EQ(paths(store->list()), (Strings{"a/b"}));
}

TEST_F(WebDavListing, AnswersThatAreNoListAreErrors) {
  transport->reply(200, "<html/>");
  EXPECT_EQ(kind_thrown([&] { (void)store->list(); }), ErrorKind::not_supported);
  transport->reply(207, "<html/>");
  EXPECT_EQ(kind_thrown([&] { (void)store->list(); }), ErrorKind::not_supported);
  transport->reply(207, multistatus(object("/elsewhere/a")));
  const Error error = error_of([&] { (void)store->list(); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_NE(error.message().find("\"/elsewhere/a\""), std::string::npos) << error.message();
  transport->reply(207, multistatus(found("/base/dir/a", "<D:getcontentlength>many</D:getcontentlength>")));
  EXPECT_EQ(kind_thrown([&] { (void)store->list(); }), ErrorKind::generic);
}

}  // namespace
}  // namespace storelink::testing
