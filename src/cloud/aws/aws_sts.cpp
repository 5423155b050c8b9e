#include "cloud/aws/aws_sts.hpp"

#include <fmt/format.h>

#include "cloud/xml_document.hpp"
#include "codec/time.hpp"

namespace storelink::cloud::aws {

AwsCredential parse_xml_credential(std::string_view text, std::string_view what) {
  const XmlDocument document(text);
  // <CreateSessionResult><Credentials> or <AssumeRole…Response><AssumeRole…Result><Credentials>
  pugi::xml_node node = document.any_root().child("Credentials");
  for (const pugi::xml_node result : document.any_root().children())
    if (const pugi::xml_node inner = result.child("Credentials")) node = inner;
  AwsCredential credential;
  credential.access_key_id = node.child_value("AccessKeyId");
  credential.secret_access_key = node.child_value("SecretAccessKey");
  credential.session_token = node.child_value("SessionToken");
  credential.expires_at = codec::parse_rfc3339(node.child_value("Expiration"));
  if (credential.access_key_id.empty() || credential.secret_access_key.empty() || !credential.expires_at)
    throw Error(ErrorKind::generic, fmt::format("{} has no credentials with their expiry", what));
  return credential;
}

HttpRequest sts_request(const std::string& url, std::string_view action, std::chrono::seconds duration,
                        const codec::QueryItems& fields) {
  codec::QueryItems form = {{"Action", std::string(action)},
                            {"Version", "2011-06-15"},
                            {"DurationSeconds", std::to_string(duration.count())}};
  form.insert(form.end(), fields.begin(), fields.end());
  HttpRequest request = form_request(url + "/", form);
  // STS would answer in JSON otherwise; its lookalikes know XML alone.
  for (auto& [name, value] : request.headers)
    if (name == "accept") value = "text/xml";
  return request;
}

Task<AwsCredential> ask_sts_async(http::Client client, HttpRequest request) {
  std::string service = fmt::format("the token service {}", request.url);
  HttpResponse response =
      co_await send_to_token_service_async(std::move(client), std::move(request), std::move(service));
  co_return parse_xml_credential(response.body.view(), "the answer of STS");
}

}  // namespace storelink::cloud::aws
