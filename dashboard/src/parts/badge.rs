//! What platforms are called.

use crate::format::bounded;

/// The platform as people call it: `AWS Lambda`, `Cloud Run`; an unknown one as it calls itself.
#[must_use]
pub fn platform_name(platform: &str, provider: &str) -> String {
    let known = match platform {
        "aws_lambda" => "AWS Lambda",
        "azure.functions" | "azure_functions" => "Azure Functions",
        "gcp_cloud_functions" | "gcp.cloud_functions" => "Cloud Functions",
        "gcp_cloud_run" | "gcp.cloud_run" => "Cloud Run",
        "cloudflare.workers" | "cloudflare_workers" => "Cloudflare Workers",
        "vercel" | "vercel.functions" => "Vercel",
        "knative" => "Knative",
        "openfaas" => "OpenFaaS",
        "alibaba_cloud_fc" => "Alibaba FC",
        "tencent_cloud_scf" => "Tencent SCF",
        "" => {
            return if provider.is_empty() {
                String::new()
            } else {
                bounded(provider, 24)
            };
        }
        other => return bounded(other, 24),
    };
    known.to_owned()
}

/// The cloud as people call it: `AWS`, `Google Cloud`; an unknown one as it calls itself.
#[must_use]
pub fn cloud_name(provider: &str) -> String {
    let known = match provider {
        "aws" => "AWS",
        "azure" => "Azure",
        "gcp" => "Google Cloud",
        "cloudflare" => "Cloudflare",
        "vercel" => "Vercel",
        other => return bounded(other, 24),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_called_by_their_names() {
        assert_eq!(platform_name("aws_lambda", "aws"), "AWS Lambda");
        assert_eq!(platform_name("", "hetzner"), "hetzner");
        assert_eq!(
            platform_name("x".repeat(90).as_str(), ""),
            format!("{}…", "x".repeat(24))
        );
        assert_eq!(platform_name("", ""), "");
        assert_eq!(
            (cloud_name("gcp"), cloud_name("x")),
            ("Google Cloud".into(), "x".into())
        );
    }
}
