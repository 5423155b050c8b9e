// V4 signed URLs, against signatures that Google has published (storage/v1/v4_signatures.json in
// googleapis/conformance-tests). Its key is public; what it has signed is checked with the public half.
#include "cloud/gcs/gcs_signer.hpp"
#include "cloud/gcs_fixture.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"

namespace storelink::testing {
namespace {

using cloud::HeaderList;
using cloud::gcs::prepare_signed_url;

constexpr const char* google_public_key = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArD8zIqyKLbX0Nq8o0Jj1
qHEhHhqO3+0OP7TEFx5Vxc6PdwBoFNrfnJRI/S+ZaDYS1avr5Pqpp8g8+UNOMvI1
VsjGM8xjTaxkVv8mmKp6pSmQstTt25pzY1exA2wv4xNWSwWNFNx2kh35+kvTQ/DF
3YA9P7pUU1sKur1PP8OoubWLFO59iy5UE5dX0O/3pjvZ2HAhSXsx2VWtB5nlrHR8
FrKJNLJMEGEDSMz9yRfQaUeYCU9oDYHuiqKQ3rCXi6C82l+3FJw5/ggJ5y7iw8ME
rCFSslcYQRbBVz6ZYKWkEcJhs8BG3/16bfaqNusNlDIJ99I7DmipUngF/HEulYhf
rQIDAQAB
-----END PUBLIC KEY-----
)";

std::string from_hex(std::string_view hex) {
  std::string escaped;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) escaped.append("%").append(hex.substr(i, 2));
  return codec::percent_decode(escaped);
}

struct Vector {
  const char* name;
  const char* method;
  const char* url;
  const char* time;
  int expires_in;
  HeaderList headers;
  const char* signature;
};

const Vector vectors[] = {
    {"Simple GET",
     "GET",
     "https://storage.googleapis.com/test-bucket/test-object",
     "2019-02-01T09:00:00Z",
     10,
     {},
     "95e6a13d43a1d1962e667f17397f2b80ac9bdd1669210d5e08e0135df9dff4e56113485dbe429ca2266487b9d1796ebdee2d7cf"
     "6"
     "82a6ef3bb9fbb4c351686fba90d7b621cf1c4eb1fdf126460dd25fa0837dfdde0a9fd98662ce60844c458448fb2b352c203d996"
     "9"
     "cb74efa4bdb742287744a4f2308afa4af0e0773f55e32e92973619249214b97283b2daa14195244444e33f938138d1e5f561088"
     "c"
     "e8011f4986dda33a556412594db7c12fc40e1ff3f1bedeb7a42f5bcda0b9567f17f65855f65071fabb88ea12371877f3f77f10e"
     "1"
     "466fff6ff6973b74a933322ff0949ce357e20abe96c3dd5cfab42c9c83e740a4d32b9e11e146f0eb3404d2e975896f74"},
    {"Simple PUT",
     "PUT",
     "https://storage.googleapis.com/test-bucket/test-object",
     "2019-02-01T09:00:00Z",
     10,
     {},
     "8adff1d4285739e31aa68e73767a46bc5511fde377497dbe08481bf5ceb34e29cc9a59921748d8ec3dd4085b7e9b7772a952afe"
     "d"
     "fcdaecb3ae8352275b8b7c867f204e3db85076220a3127a8a9589302fc1181eae13b9b7fe41109ec8cdc93c1e8bac2d7a0cc32a"
     "1"
     "09ca02d06957211326563ab3d3e678a0ba296e298b5fc5e14593c99d444c94724cc4be97015dbff1dca377b508fa0cb7169195d"
     "e"
     "98d0e4ac96c42b918d28c8d92d33e1bd125ce0fb3cd7ad2c45dae65c22628378f6584971b8bf3945b26f2611eb651e9b6a86489"
     "7"
     "0c1ecf386bb71327b082e7296c4e1ee2fc0bdd8983da80af375c817fb1ad491d0bc22c0f51dba0d66e2cffbc90803e47"},
    {"Vary expiration and timestamp",
     "GET",
     "https://storage.googleapis.com/test-bucket/test-object",
     "2019-03-01T09:00:00Z",
     20,
     {},
     "9669ed5b10664dc594c758296580662912cf4bcc5a4ba0b6bf055bcbf6f34eed7bdad664f534962174a924741a0c273a4f67bc1"
     "8"
     "47cef20192a6beab44223bd9d4fbbd749c407b79997598c30f82ddc269ff47ec09fa3afe74e00616d438df0d96a7d8ad0adacfa"
     "d"
     "1dc3286f864d924fe919fb0dce45d3d975c5afe8e13af2db9cc37ba77835f92f7669b61e94c6d562196c1274529e76cfff1564c"
     "c"
     "2cad7d5387dc8e12f7a5dfd925685fe92c30b43709eee29fa2f66067472cee5423d1a3a4182fe8cea75c9329d181dc6acad7c39"
     "3"
     "cd04f8bf5bc0515127d8ebd65d80c08e19ad03316053ea60033fd1b1fd85a69c576415da3bf0a3718d9ea6d03e0d66f0"},
    {"Headers should be trimmed",
     "GET",
     "https://storage.googleapis.com/test-bucket/test-object",
     "2019-02-01T09:00:00Z",
     10,
     {{"collapsed", "abc    def"},
      {"leading", "    xyz"},
      {"trailing", "abc    "},
      {"tabs", "\tabc\t\t\t\tdef\t"}},
     "75d77a3ed2d9b74ff7e1e23b2fd7cc714ad4cc32518c65f3a8197827cd87d302623bab990cf2ff3a633bfaae69b6c2d897add78"
     "c"
     "105aa68411229610421c4239579add4aff6bdbd5067a0fd61c3aa0029d7de0f8ae88fa3458fa70f875e841d6df9598597d9012b"
     "9"
     "f848c6857e08f2704ca2f332c71738490ffdda2ed928f9340549d7295745725062d28dc1696eab7cb3b88ac4fd445e951423f64"
     "5"
     "d680a60dd8033d65b65f4c10286f59f4258dbb2bcf36a76ffdd40574104cbbf0b76901c24df5854f24c42e9192fcedc386d8570"
     "4"
     "fec6a6bad3a5201e1fb6c491a4c43371b0913420743580daf3504e99204c6ec894b4d70cd27bc60c3fe2850e8bf3ed22"},
    {"Query Parameter Ordering",
     "GET",
     "https://storage.googleapis.com/test-bucket/test-object?prefix=%2Ffoo&X-Goog-Meta-Foo=bar",
     "2019-02-01T09:00:00Z",
     10,
     {},
     "a07745e1b3d59b85cbe11aa766df72c22468959e7217615dccb7f030234f66b60b37e480f30725ed51f29816362ca8286c619eb"
     "b"
     "66448ff1d370be2a4a48aacf20d3d2d6200ed17341a5791baf2ee5cd9c2823adacc6264f66c8a54fa887e1bce3c55cf78fb2f6a"
     "5"
     "2618cf09d6f945f63d148052a7b66a75e075ff5065828a806b84bdc49a42399be7483225c720d5e18a6160f79d815f433e79216"
     "9"
     "4fe1d041099851793c2581db0e5ca503cfb566e414f900ceede5f9b22030edd32ab20b6f7f9fb2afba89098b9364e03397c03a9"
     "4"
     "eac3a140c99979b8786844fb4f6c62c1985378939dd1bbaea8e41b9100dda85a27733171cc78d96ee362ea2c3432f4d8"},
};

class GcsSignedUrls : public FakeGcs {};

TEST_F(GcsSignedUrls, WhatIsSignedIsWhatGoogleSigned) {
  constexpr std::string_view email = "test-iam-credentials@dummy-project-id.iam.gserviceaccount.com";
  for (const Vector& vector : vectors) {
    const auto prepared = prepare_signed_url(vector.method, codec::parse_url(vector.url), email,
                                             *codec::parse_rfc3339(vector.time),
                                             std::chrono::seconds(vector.expires_in), vector.headers);
    EXPECT_TRUE(rsa_verifies(google_public_key, prepared.to_sign, from_hex(vector.signature)))
        << vector.name << "\n"
        << prepared.to_sign;
  }
  const auto simple = prepare_signed_url("GET", codec::parse_url(vectors[0].url), email,
                                         *codec::parse_rfc3339(vectors[0].time), std::chrono::seconds(10));
  EXPECT_EQ(
      simple.url,
      "https://storage.googleapis.com/test-bucket/test-object?X-Goog-Algorithm=GOOG4-RSA-SHA256&"
      "X-Goog-Credential=test-iam-credentials%40dummy-project-id.iam.gserviceaccount.com%2F20190201%2Fauto"
      "%2Fstorage%2Fgoog4_request&X-Goog-Date=20190201T090000Z&X-Goog-Expires=10&"
      "X-Goog-SignedHeaders=host&X-Goog-Signature=");
}

TEST_F(GcsSignedUrls, AServiceAccountsKeySignsWithoutAnyRequest) {
  const auto account = make({{"service_account_key", service_account_json()}});
  EXPECT_TRUE(account->capabilities().sign);
  const std::string url = account->sign(SignRequest("PUT", "a b/ü", std::chrono::minutes(1)));
  EXPECT_TRUE(url.starts_with("https://storage.googleapis.com/bucket/a%20b/%C3%BC?X-Goog-Algorithm=")) << url;
  EXPECT_NE(url.find("&X-Goog-Expires=60&X-Goog-SignedHeaders=host&X-Goog-Signature="), std::string::npos);
  EXPECT_EQ(url.size() - url.rfind('=') - 1, 512U);
  EXPECT_EQ(transport->count(), 0U);
  for (const auto lifetime : {std::chrono::hours(0), std::chrono::hours(24 * 7 + 1)})
    EXPECT_EQ(kind_thrown([&] { account->sign(SignRequest("GET", "k", lifetime)); }), ErrorKind::generic);
}

TEST_F(GcsSignedUrls, WithoutAKeyGoogleSigns) {
  GcsOptions options = fake_gcs_options(transport);
  const auto machine = make_gcs_store(std::move(options));
  transport->reply(200, "robot@p.iam.gserviceaccount.com\n")
      .reply(200, token_answer)
      .reply(200, R"({"keyId": "k", "signedBlob": "//8B"})")
      .reply(200, R"({"keyId": "k", "signedBlob": "AQ=="})");
  const std::string url = machine->sign(SignRequest("GET", "k", std::chrono::seconds(9)));
  EXPECT_TRUE(url.ends_with("&X-Goog-Signature=ffff01")) << url;
  EXPECT_NE(url.find("X-Goog-Credential=robot%40p.iam.gserviceaccount.com%2F"), std::string::npos);
  const auto sent = transport->requests();
  EXPECT_TRUE(sent[0].url.ends_with("/instance/service-accounts/default/email")) << sent[0].url;
  EXPECT_EQ(sent[2].url,
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
            "robot%40p.iam.gserviceaccount.com:signBlob");
  EXPECT_EQ(header(sent[2], "authorization"), "Bearer ya29.fresh");
  const auto payload = codec::JsonObject::parse(sent[2].body.view(), "the request").required_text("payload");
  EXPECT_TRUE(codec::base64_decode(payload)->starts_with("GOOG4-RSA-SHA256\n"));
  EXPECT_TRUE(machine->sign(SignRequest("GET", "k", std::chrono::seconds(9))).ends_with("=01"));
  EXPECT_EQ(transport->count(), 4U) << "the account and its token are kept";
}

TEST_F(GcsSignedUrls, ARefusedSignBlobSaysWhose) {
  const auto machine = make_gcs_store(fake_gcs_options(transport));
  transport->reply(200, "robot@p").reply(200, token_answer);
  transport->reply(
      403, R"({"error": {"code": 403, "message": "Permission iam.serviceAccounts.signBlob denied"}})");
  const Error error = error_of([&] { machine->sign(SignRequest("GET", "k", std::chrono::seconds(9))); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_EQ(
      error.message(),
      "signBlob for the service account robot@p refused: Permission iam.serviceAccounts.signBlob denied");
}

TEST_F(GcsSignedUrls, CredentialsThatStandForNoAccountCannotSign) {
  for (const Settings& config : {Settings{{"bearer_token", "t"}}, Settings{{"skip_signature", "true"}}}) {
    const auto without = make(config);
    EXPECT_FALSE(without->capabilities().sign);
    const Error error = error_of([&] { without->sign(SignRequest("GET", "k", std::chrono::seconds(9))); });
    EXPECT_EQ(error.kind(), ErrorKind::not_supported);
    EXPECT_NE(error.message().find("google_service_account"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace storelink::testing
