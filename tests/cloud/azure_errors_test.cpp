// What answers mean as errors, batches of deletes, and that no error holds a secret.
#include "cloud/azure_fixture.hpp"

namespace storelink::testing {
namespace {

using AzureErrors = FakeAzure;

TEST_F(AzureErrors, StatusesBecomeKinds) {
  const std::pair<int, ErrorKind> table[] = {
      {304, ErrorKind::not_modified},      {400, ErrorKind::generic},   {401, ErrorKind::unauthenticated},
      {403, ErrorKind::permission_denied}, {404, ErrorKind::not_found}, {409, ErrorKind::generic},
      {412, ErrorKind::precondition},      {416, ErrorKind::generic},
  };
  for (const auto& [status, kind] : table) {
    transport->reply(status);
    const Error error = error_of([&] { store->get("dir/k"); });
    EXPECT_EQ(error.kind(), kind) << status;
    EXPECT_EQ(error.status(), status);
    EXPECT_EQ(error.store(), "az://cont");
    EXPECT_EQ(error.path(), "dir/k");
  }
}

TEST_F(AzureErrors, NameTheServicesCodeMessageAndRequest) {
  transport->reply(
      404,
      error_document("BlobNotFound",
                     "The specified blob does not exist.\nRequestId:r\nTime:2026-01-02T03:04:05Z"),
      {{"x-ms-request-id", "REQ1"}});
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.message(), "get failed: BlobNotFound: The specified blob does not exist");
  EXPECT_EQ(error.request_id(), "REQ1");
}

TEST_F(AzureErrors, TheAnswerToAHeadHasItsCodeInAHeader) {
  transport->reply(404, "", {{"x-ms-error-code", "ContainerNotFound"}});
  const Error error = error_of([&] { store->head("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_NE(error.message().find("ContainerNotFound"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("container's name"), std::string::npos) << error.message();
}

TEST_F(AzureErrors, SayWhatToCheckWhenTheCredentialsAreWrong) {
  transport->reply(403, error_document("AuthenticationFailed", "m"));
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_NE(error.message().find("clock"), std::string::npos) << error.message();
}

TEST_F(AzureErrors, ModesOfAPutChangeTheMeaning) {
  PutRequest create("k", Bytes::copy("x"));
  create.mode = PutMode::create();
  PutRequest update("k", Bytes::copy("x"));
  update.mode = PutMode::update("\"e\"");
  transport->reply(409, error_document("BlobAlreadyExists", "m"));
  EXPECT_EQ(kind_thrown([&] { store->put(create); }), ErrorKind::already_exists);
  transport->reply(412, error_document("ConditionNotMet", "m"));
  EXPECT_EQ(kind_thrown([&] { store->put(update); }), ErrorKind::precondition);
  transport->reply(404, error_document("BlobNotFound", "m"));
  EXPECT_EQ(kind_thrown([&] { store->put(update); }), ErrorKind::precondition);
  transport->reply(404, error_document("ContainerNotFound", "m"));
  EXPECT_EQ(kind_thrown([&] { store->put(update); }), ErrorKind::not_found);
}

TEST_F(AzureErrors, AContainerThatIsBeingDeletedIsNoBlobThatExists) {
  PutRequest create("k", Bytes::copy("x"));
  create.mode = PutMode::create();
  transport->reply(409, error_document("ContainerBeingDeleted", "m"));
  EXPECT_EQ(kind_thrown([&] { store->put(create); }), ErrorKind::generic);
}

TEST_F(AzureErrors, ADirectoryIsNoObject) {
  transport->reply(200, "", object_headers(0, {{"x-ms-resource-type", "directory"}}))
      .reply(200, "", object_headers(0, {{"x-ms-resource-type", "directory"}}))
      .reply(200, "", object_headers(0, {{"x-ms-resource-type", "file"}}));
  EXPECT_EQ(kind_thrown([&] { store->get("dir"); }), ErrorKind::not_found);
  EXPECT_EQ(kind_thrown([&] { store->head("dir"); }), ErrorKind::not_found);
  store->head("file");
}

TEST_F(AzureErrors, ACopyOntoABlobNamesTheTarget) {
  transport->reply(409, error_document("BlobAlreadyExists", "m"));
  const Error error = error_of([&] { store->copy(CopyRequest("a", "b", false)); });
  EXPECT_EQ(error.kind(), ErrorKind::already_exists);
  EXPECT_EQ(error.path(), "b");
  transport->reply(404, error_document("CannotVerifyCopySource", "m"));
  EXPECT_EQ(kind_thrown([&] { store->copy(CopyRequest("a", "b")); }), ErrorKind::not_found);
}

TEST_F(AzureErrors, AConditionalPutThatMayHaveArrivedIsNotRepeated) {
  PutRequest create("k", Bytes::copy("x"));
  create.mode = PutMode::create();
  transport->fail(true);
  EXPECT_EQ(kind_thrown([&] { store->put(create); }), ErrorKind::io);
  EXPECT_EQ(transport->count(), 1U);
  transport->fail(false).reply(201);
  store->put(create);
  EXPECT_EQ(transport->count(), 3U) << "one that never arrived is";
}

TEST_F(AzureErrors, HoldNoSecretThatTheServiceEchoes) {
  const std::string echo = std::string("denied for ") + azure_key + " Bearer tok.en sig=abc%2Bdef&se=1";
  for (const Settings& credentials : {Settings{{"account_key", azure_key}}, Settings{{"token", "tok.en"}},
                                      Settings{{"sas_token", "sv=1&sig=abc%2Bdef&se=1"}}}) {
    store = make(credentials);
    transport->reply(403, error_document("AuthorizationFailure", echo));
    const std::string text = error_of([&] { store->get("k"); }).what();
    for (const char* secret : {"abc%2Bdef", "tok.en"})
      EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << text;
  }
  transport->reply(403, error_document("AuthorizationFailure", echo));
  EXPECT_EQ(std::string(error_of([&] { make_with_key()->get("k"); }).what()).find(azure_key),
            std::string::npos);
  EXPECT_EQ(store->describe(), "AzureStore(container_name=\"cont\", account_name=\"acc\")");
}

// --- batches ---

// The answer to a batch: for each part its id and what follows behind it.
HttpResponse batch_answer(const std::vector<std::pair<std::string, std::string>>& parts) {
  HttpResponse response;
  response.status = 202;
  response.headers = {{"content-type", "multipart/mixed; boundary=batchresponse_1"}};
  std::string body;
  for (const auto& [id, answer] : parts) {
    body += "--batchresponse_1\r\nContent-Type: application/http\r\n";
    if (!id.empty()) body += "Content-ID: " + id + "\r\n";
    body += "\r\n" + answer + "\r\n";
  }
  response.body = Bytes::copy(body + "--batchresponse_1--\r\n");
  return response;
}
const std::string accepted = "HTTP/1.1 202 Accepted\r\nx-ms-request-id: r\r\n\r\n";

TEST_F(AzureErrors, ABatchHasOneSignedRequestForEachKey) {
  store = make({{"token", "t0k"}});
  transport->reply([](const HttpRequest&) { return batch_answer({{"0", accepted}, {"1", accepted}}); });
  for (const auto& outcome : store->remove_many({"a b", "c/d"})) EXPECT_FALSE(outcome);
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, std::string(azure_base) + "?restype=container&comp=batch");
  EXPECT_EQ(header(sent, "authorization"), "Bearer t0k");
  const std::string type = header(sent, "content-type");
  const std::string delimiter = "--" + type.substr(type.find('=') + 1);
  std::string expected;
  int id = 0;
  for (const char* path : {"/cont/a%20b", "/cont/c/d"}) {
    expected += delimiter + "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n" +
                "Content-ID: " + std::to_string(id++) + "\r\n\r\nDELETE " + path +
                " HTTP/1.1\r\nx-ms-delete-snapshots: include\r\nx-ms-date: " + header(sent, "x-ms-date") +
                "\r\nauthorization: Bearer t0k\r\nContent-Length: 0\r\n\r\n";
  }
  EXPECT_EQ(sent.body.view(), expected + delimiter + "--\r\n");
}

TEST_F(AzureErrors, ABatchAnswersByPosition) {
  transport->reply([](const HttpRequest&) {
    return batch_answer(
        {{"2",
          "HTTP/1.1 404 The specified blob does not exist.\r\nx-ms-error-code: "
          "BlobNotFound\r\n\r\n<Error/>"},
         {"0", accepted},
         {"1", "HTTP/1.1 403 No.\r\nx-ms-error-code: AuthorizationPermissionMismatch\r\n\r\n"}});
  });
  const auto outcomes = store->remove_many({"a", "b", "c", "d"});
  EXPECT_FALSE(outcomes[0]);
  ASSERT_TRUE(outcomes[1]);
  EXPECT_EQ(outcomes[1]->kind(), ErrorKind::permission_denied);
  EXPECT_EQ(outcomes[1]->path(), "b");
  EXPECT_NE(outcomes[1]->message().find("AuthorizationPermissionMismatch"), std::string::npos);
  EXPECT_FALSE(outcomes[2]) << "a missing blob counts as deleted";
  ASSERT_TRUE(outcomes[3]) << "what was not answered must not look like success";
  EXPECT_EQ(outcomes[3]->kind(), ErrorKind::generic);
}

TEST_F(AzureErrors, ABatchThatFailsAsAWholeFailsItsKeys) {
  transport->reply([](const HttpRequest&) {
    return batch_answer({{"",
                          "HTTP/1.1 400 One of the request inputs is out of range.\r\nx-ms-error-code: "
                          "OutOfRangeInput\r\n\r\n"}});
  });
  for (const auto& outcome : store->remove_many({"a", "b"})) {
    ASSERT_TRUE(outcome);
    EXPECT_NE(outcome->message().find("OutOfRangeInput"), std::string::npos) << outcome->message();
  }
  transport->reply(200, "no parts").reply(403);
  for (const auto& outcome : store->remove_many({"a", "b"})) EXPECT_EQ(outcome->kind(), ErrorKind::generic);
  for (const auto& outcome : store->remove_many({"a", "b"}))
    EXPECT_EQ(outcome->kind(), ErrorKind::permission_denied);
}

TEST_F(AzureErrors, ABatchTakes256Keys) {
  std::vector<std::string> keys;
  for (int i = 0; i < 600; ++i) keys.push_back("k" + std::to_string(i));
  transport->otherwise([](const HttpRequest& request) {
    std::vector<std::pair<std::string, std::string>> parts;
    const std::string body = request.body.to_string();
    for (std::size_t at = body.find("DELETE "); at != std::string::npos; at = body.find("DELETE ", at + 1))
      parts.emplace_back(std::to_string(parts.size()), accepted);
    return batch_answer(parts);
  });
  for (const auto& outcome : store->remove_many(keys)) EXPECT_FALSE(outcome);
  EXPECT_EQ(transport->count(), 3U);
}

}  // namespace
}  // namespace storelink::testing
