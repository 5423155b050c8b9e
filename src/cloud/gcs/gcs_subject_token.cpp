#include "cloud/gcs/gcs_subject_token.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/environment.hpp"
#include "base/run_program.hpp"
#include "cloud/aws/aws_request.hpp"
#include "cloud/aws/aws_sources.hpp"
#include "cloud/credential_file.hpp"
#include "cloud/credential_program.hpp"
#include "cloud/errors.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::cloud::gcs {

namespace {

std::string checked_token(std::string_view text) {
  std::string token(codec::trim(text));
  if (token.empty()) throw Error(ErrorKind::unauthenticated, "the subject token is empty");
  return token;
}

// --- a file or a URL ---

struct Document {
  std::string file, url;  // one of the two
  std::string member;     // of a JSON document; empty: the token is the whole
  Headers headers;        // for the URL
};

Document parse_document(const codec::JsonObject& source) {
  Document document;
  document.file = source.text("file").value_or("");
  document.url = source.text("url").value_or("");
  if (document.file.empty() == document.url.empty()) {
    throw Error(ErrorKind::generic,
                "the \"credential_source\" of an external account must have \"executable\", "
                "\"environment_id\" or either \"file\" or \"url\"");
  }
  if (const auto headers = source.object("headers"))
    for (const std::string& name : headers->names())
      document.headers.emplace_back(codec::to_lower(name), headers->required_text(name));
  const auto format = source.object("format");
  const std::string type = format ? format->text("type").value_or("text") : "text";
  if (type == "json") {
    document.member = format->required_text("subject_token_field_name");
  } else if (type != "text") {
    throw Error(ErrorKind::generic,
                fmt::format("the \"format\" of an external account's subject token is {:?}; accepted are "
                            "\"text\" and \"json\"",
                            type));
  }
  return document;
}

std::string token_in(const Document& document, std::string_view text) {
  if (document.member.empty()) return checked_token(text);
  return checked_token(
      codec::JsonObject::parse(text, "the document with the subject token").required_text(document.member));
}

Task<std::string> read_document(http::Client client, std::shared_ptr<const Document> document) {
  if (!document->file.empty())
    co_return token_in(*document, read_credential_file(document->file, "the subject token file"));
  HttpRequest request;
  request.method = "GET";
  request.url = document->url;
  request.headers = document->headers;
  HttpResponse response = co_await send_to_token_service_async(
      std::move(client), std::move(request),
      fmt::format("the subject token's server {}", codec::redact_url(document->url)));
  co_return token_in(*document, response.body.view());
}

// --- Amazon ---

struct AmazonMachine {
  explicit AmazonMachine(http::Client c) : client(std::move(c)) {}
  http::Client client;
  aws::InstanceSource instance;
  std::string audience;
  std::string identity_url;  // of GetCallerIdentity, with "{region}"
  bool environment = false;
};

AmazonMachine parse_amazon(const TokenClients& clients, const codec::JsonObject& account,
                           const codec::JsonObject& source, bool environment) {
  if (const std::string id = source.required_text("environment_id"); id != "aws1") {
    throw Error(ErrorKind::generic, fmt::format("the \"environment_id\" of an external account is {:?}; "
                                                "accepted is \"aws1\"",
                                                id));
  }
  AmazonMachine machine(clients.near);
  machine.audience = account.required_text("audience");
  machine.identity_url = source.required_text("regional_cred_verification_url");
  machine.environment = environment;
  const std::string path = "/latest/meta-data/iam/security-credentials";
  std::string url = source.text("url").value_or(machine.instance.endpoint + path);
  while (url.ends_with('/')) url.pop_back();
  if (!url.ends_with(path))
    throw Error(ErrorKind::generic,
                fmt::format("the \"url\" of an external account's \"credential_source\" on "
                            "AWS is none that ends in {:?}",
                            path));
  machine.instance.endpoint = url.substr(0, url.size() - path.size());
  machine.instance.imdsv1_fallback = !source.text("imdsv2_session_token_url");
  return machine;
}

// The request that Google sends in the workload's name, as a document of JSON.
std::string identity_request(const AmazonMachine& machine, const std::string& region, AwsCredential keys) {
  HttpRequest request;
  request.method = "POST";
  request.url = machine.identity_url;
  if (const std::size_t place = request.url.find("{region}"); place != std::string::npos)
    request.url.replace(place, std::string_view("{region}").size(), region);
  const codec::Url url = codec::parse_url(request.url);
  if (url.path.empty()) request.url.insert(request.url.find(url.authority()) + url.authority().size(), "/");
  request.headers.emplace_back("x-goog-cloud-target-resource", machine.audience);
  aws::sign_request(SigV4Signer(region, "sts", SigV4Rules::generic), request, aws::checked(std::move(keys)));
  request.headers.emplace_back("host", url.authority());
  std::string document =
      fmt::format(R"({{"url":{},"method":"POST","headers":[)", codec::json_quote(request.url));
  for (const auto& [name, value] : request.headers) {
    if (!document.ends_with('[')) document += ',';
    document += fmt::format(R"({{"key":{},"value":{}}})", codec::json_quote(name), codec::json_quote(value));
  }
  return document + "]}";
}

Task<std::string> ask_amazon(std::shared_ptr<const AmazonMachine> machine) {
  std::string region;
  AwsCredential keys;
  if (machine->environment) {
    region = environment_variable("AWS_REGION");
    if (region.empty()) region = environment_variable("AWS_DEFAULT_REGION");
    keys = aws::environment_keys();
  }
  if (region.empty()) region = co_await aws::instance_region_async(machine->client, machine->instance);
  if (keys.access_key_id.empty() || keys.secret_access_key.empty())
    keys = co_await aws::source_credentials(machine->instance, machine->client)();
  co_return codec::percent_encode(identity_request(*machine, region, std::move(keys)),
                                  codec::Keep::unreserved);
}

// --- programs ---

struct Program {
  std::vector<std::string> words, variables;
  std::chrono::seconds patience{30};
  std::string output_file;  // where it keeps its last answer
};

Program parse_program(const codec::JsonObject& account, const codec::JsonObject& source) {
  if (environment_variable("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES") != "1") {
    throw Error(
        ErrorKind::generic,
        "the external account gets its subject token from a program, which runs only if the environment "
        "variable GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is \"1\"");
  }
  Program program;
  program.words = split_command(source.required_text("command"));
  if (program.words.empty())
    throw Error(ErrorKind::generic, "the \"command\" of an external account is empty");
  const std::int64_t wait = source.integer("timeout_millis").value_or(30'000);
  if (wait < 5'000 || wait > 120'000)
    throw Error(ErrorKind::generic,
                fmt::format("the \"timeout_millis\" of an external account is {}; accepted "
                            "are 5000 to 120000",
                            wait));
  program.patience = std::chrono::seconds((wait + 999) / 1000);
  program.output_file = source.text("output_file").value_or("");
  const auto add = [&program](std::string_view name, const std::string& value) {
    if (!value.empty())
      program.variables.push_back(fmt::format("GOOGLE_EXTERNAL_ACCOUNT_{}={}", name, value));
  };
  add("AUDIENCE", account.required_text("audience"));
  add("TOKEN_TYPE", account.required_text("subject_token_type"));
  add("INTERACTIVE", "0");
  add("IMPERSONATED_EMAIL",
      impersonated_email(account.text("service_account_impersonation_url").value_or("")));
  add("OUTPUT_FILE", program.output_file);
  return program;
}

// The token of an answer; empty for one that has expired.
std::string token_of_answer(std::string_view text, const std::string& what) {
  const auto answer = codec::JsonObject::parse(text, what);
  if (answer.integer("version") != 1) throw Error(ErrorKind::generic, what + " is not of version 1");
  if (!answer.boolean("success").value_or(false)) {
    throw Error(ErrorKind::unauthenticated,
                fmt::format("{} is {}: {}", what, answer.text("code").value_or("a failure"),
                            redact(answer.text("message").value_or("it does not say why"))));
  }
  const auto expiry = answer.integer("expiration_time");
  if (expiry && unix_expiry(*expiry) <= signing_time()) return {};
  const bool saml = answer.required_text("token_type") == "urn:ietf:params:oauth:token-type:saml2";
  return answer.required_text(saml ? "saml_response" : "id_token");
}

Task<std::string> ask_program(std::shared_ptr<const Program> program) {
  const std::string& file = program->output_file;
  if (!file.empty() && file_exists(file)) {
    const std::string kept = read_credential_file(file, "the output file of a program");
    // Its last answer may be a failure, which is asked again.
    if (codec::JsonObject::parse(kept, "the output file of a program").boolean("success").value_or(false)) {
      std::string token = token_of_answer(kept, "the output file of a program");
      if (!token.empty()) co_return token;
    }
  }
  const std::string name = fmt::format("the program {:?}", program->words.front());
  const std::string text = cloud::ask_program(program->words, program->patience, name, program->variables);
  const std::string what = "the answer of " + name;
  std::string token = token_of_answer(text, what);
  if (token.empty()) throw Error(ErrorKind::unauthenticated, what + " has expired");
  co_return token;
}

}  // namespace

SubjectTokenSource subject_tokens(const TokenClients& clients, const codec::JsonObject& account,
                                  bool environment) {
  const auto source = account.object("credential_source");
  if (!source) throw Error(ErrorKind::generic, "an external account has no \"credential_source\"");
  if (const auto executable = source->object("executable")) {
    const auto program = std::make_shared<const Program>(parse_program(account, *executable));
    return [program] { return ask_program(program); };
  }
  if (source->text("environment_id")) {
    const auto machine =
        std::make_shared<const AmazonMachine>(parse_amazon(clients, account, *source, environment));
    return [machine] { return ask_amazon(machine); };
  }
  const auto document = std::make_shared<const Document>(parse_document(*source));
  return [client = clients.service, document] { return read_document(client, document); };
}

std::string impersonated_email(std::string_view url) {
  const std::size_t colon = url.rfind(':');
  const std::size_t slash = url.rfind('/', colon);
  if (colon == std::string_view::npos || slash == std::string_view::npos) return {};
  return codec::percent_decode(url.substr(slash + 1, colon - slash - 1));
}

}  // namespace storelink::cloud::gcs
