//! How to have an instrumentation show more, by language.

use super::Aspect;

/// What to set so that this shows; None where nothing general is to be said. An empty language is any.
pub fn advice(aspect: Aspect, language: &str) -> Option<&'static str> {
    Some(match (aspect, language) {
        (Aspect::Headers, "java") => {
            "Headers: set OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS to the names to keep, \
             as referer,cookie,x-forwarded-for,content-type."
        }
        (Aspect::Headers, "python") => {
            "Headers: set OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST to names or patterns, \
             and OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS to those whose values are hidden."
        }
        (Aspect::Headers, "nodejs") => {
            "Headers: give HttpInstrumentation headersToSpanAttributes: {server: {requestHeaders: [names]}}; under \
             AwsLambdaInstrumentation set http.request.header.<name> in its requestHook."
        }
        (Aspect::Headers, "dotnet") => {
            "Headers: set OTEL_DOTNET_AUTO_TRACES_ASPNETCORE_INSTRUMENTATION_CAPTURE_REQUEST_HEADERS to the names to \
             keep, or add them where the instrumentation enriches spans."
        }
        (Aspect::Headers, _) => {
            "Headers: set http.request.header.<name> on the server's span for those that strangers fill."
        }
        (Aspect::Query, "dotnet") => {
            "Queries: values are redacted by default; \
             OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION=true (on Lambda \
             OTEL_DOTNET_EXPERIMENTAL_AWS_LAMBDA_DISABLE_URL_QUERY_REDACTION=true) keeps them."
        }
        (Aspect::Query, _) => {
            "Queries: set url.query on the server's span. Where no request has a query, nothing is hidden."
        }
        (Aspect::Bodies, "nodejs") => {
            "Bodies: no instrumentation keeps them; set http.request.body (or messaging.message.body) on the span, \
             cut short, in the requestHook of AwsLambdaInstrumentation, whose event has it."
        }
        (Aspect::Bodies, _) => {
            "Bodies: no instrumentation keeps them; set http.request.body (or messaging.message.body) on the span \
             in the handler, cut short and without what is private."
        }
        (Aspect::Client, _) => {
            "Client addresses: set client.address on the server's span, from the gateway's event \
             (requestContext.http.sourceIp on AWS), not from a header that clients may write."
        }
        (Aspect::User, "java") => {
            "User ids: OTEL_INSTRUMENTATION_COMMON_ENDUSER_ENABLED=true where Spring Security or servlets know the \
             user; else set enduser.id where the login is checked, for failed logins too."
        }
        (Aspect::User, _) => {
            "User ids: set enduser.id where the login is checked, for failed logins too."
        }
        (Aspect::DbText, "java") => {
            "Database queries: they are kept with their values replaced; see that \
             OTEL_INSTRUMENTATION_JDBC_ENABLED is not false."
        }
        (Aspect::DbText, _) => {
            "Database queries: let the driver's instrumentation keep db.query.text, parameters left as placeholders."
        }
        (Aspect::Agent, _) => "User agents: set user_agent.original on the server's span.",
        (Aspect::Status, _) => "Status codes: set http.response.status_code on the server's span.",
        (Aspect::Path, _) => "Paths: set url.path on the server's span, as it was asked for.",
        (Aspect::Outbound | Aspect::Bytes | Aspect::Exceptions, _) => return None,
    })
}
