//! AWS Lambda: SDKs in the function, the telemetry API receiver of the layer, and CloudWatch logs.

use super::Platform;
use super::arn::LambdaArn;
use super::aws_telling;
use super::identity::{Clues, Part, Provenance, Seen};
use super::parse::aws_insights;
use super::release;
use super::telling::{LogView, Telling};

/// Lambda functions. Many resources say little more than `service.name`; the ARN on the
/// invocation's span then tells the rest.
#[derive(Debug)]
pub(super) struct AwsLambda;

const PLATFORM: &str = "aws_lambda";
/// The log groups of functions begin so,
const FUNCTIONS: &str = "/aws/lambda/";
/// and the extension Lambda Insights writes its events about all of them here.
const INSIGHTS: &str = "/aws/lambda-insights";
const ARN_KEYS: [&str; 3] = ["cloud.resource_id", "faas.id", "aws.lambda.invoked_arn"];
const GROUP_KEYS: [&str; 3] = [
    "aws.log.group.names",
    "cloudwatch.log.group.name",
    "aws.cloudwatch.log_group_name",
];
const STREAM_KEYS: [&str; 3] = [
    "aws.log.stream.names",
    "cloudwatch.log.stream",
    "aws.cloudwatch.log_stream_name",
];

impl Platform for AwsLambda {
    fn recognise(&self, seen: &Seen<'_>) -> Option<Provenance> {
        seen.platform_is(PLATFORM)
            .or_else(|| arn(seen).map(|(key, _)| Provenance::Derived(key)))
            .or_else(|| {
                // The layer's telemetry API receiver puts the caller's attributes on the resource.
                let (key, provider) = seen.of_resource(&["faas.invoked_provider"])?;
                (provider == "aws").then_some(Provenance::Derived(key))
            })
            .or_else(|| {
                let named = seen.provider_is("aws") && seen.get("faas.name").is_some();
                named.then_some(Provenance::Derived("cloud.provider"))
            })
            .or_else(|| {
                let (key, group) = group(seen)?;
                (group == INSIGHTS || group.starts_with(FUNCTIONS))
                    .then_some(Provenance::Derived(key))
            })
    }

    fn clues(&self, seen: &Seen<'_>) -> Clues {
        let mut clues = Clues::of("aws", PLATFORM);
        let arn = arn(seen);
        clues.account = seen
            .first(&["cloud.account.id", "aws.account.id"])
            .map(Part::measured)
            .or_else(|| arn.map(|(key, arn)| Part::derived(key, arn.account)));
        clues.region = seen
            .first(&["cloud.region"])
            .or_else(|| seen.of_resource(&["faas.invoked_region", "aws.region"]))
            .map(Part::measured)
            .or_else(|| arn.map(|(key, arn)| Part::derived(key, arn.region)));
        clues.name = seen
            .first(&["faas.name"])
            .map(Part::measured)
            .or_else(|| arn.map(|(key, arn)| Part::derived(key, arn.name)))
            .or_else(|| log_group(seen).map(|(key, name)| Part::derived(key, name)))
            .or_else(|| Some(Part::derived("function_name", seen.hint?)))
            .or_else(|| {
                let service = seen.of_resource(&["service.name"]);
                let named = service.filter(|(_, name)| !name.starts_with("unknown_service"));
                named.map(Part::assumed)
            });
        clues
    }

    fn has_invocation_ids(&self) -> bool {
        true
    }

    fn version<'a>(&self, seen: &Seen<'a>) -> &'a str {
        // A log stream is named `2021/06/28/[$LATEST]2f399eb1…`.
        let in_stream = || {
            let stream = first_name(seen.first(&["faas.instance"]).or(stream(seen))?.1);
            stream
                .split_once('[')?
                .1
                .split_once(']')
                .map(|(version, _)| version)
        };
        let told = seen.get("faas.version").or_else(|| arn(seen)?.1.version());
        release::or_release(told.or_else(in_stream), seen)
    }

    fn instance<'a>(&self, seen: &Seen<'a>) -> &'a str {
        seen.get("faas.instance")
            .or_else(|| stream(seen).map(|(_, names)| first_name(names)))
            .unwrap_or_default()
    }

    fn platform_runtime<'a>(&self, seen: &Seen<'a>) -> &'a str {
        let told = seen.get("process.environment_variable.AWS_EXECUTION_ENV");
        match told.and_then(|told| told.strip_prefix("AWS_Lambda_")) {
            Some("Image") => "image",
            told => told.unwrap_or_default(),
        }
    }

    fn function_in_log<'a>(&self, log: &LogView<'a>) -> Option<&'a str> {
        let is_insights = is_insights(&log.seen);
        is_insights
            .then(|| aws_insights::function(log.body))
            .flatten()
    }

    fn telling(&self, log: &LogView<'_>) -> Option<Telling> {
        let kind = log
            .seen
            .item
            .first(&["type", "lambda.event.type"])
            .unwrap_or_default();
        // Whatever the function or an extension prints is not the platform's word.
        if kind == "function" || kind == "extension" {
            return None;
        }
        if is_insights(&log.seen) {
            return aws_telling::insights(log);
        }
        aws_telling::told(log, kind)
    }
}

fn arn<'a>(seen: &Seen<'a>) -> Option<(&'static str, LambdaArn<'a>)> {
    ARN_KEYS
        .iter()
        .find_map(|key| Some((*key, LambdaArn::parse(seen.get(key)?)?)))
}

fn stream<'a>(seen: &Seen<'a>) -> Option<(&'static str, &'a str)> {
    seen.first(&STREAM_KEYS)
}

/// The log group a record comes from.
fn group<'a>(seen: &Seen<'a>) -> Option<(&'static str, &'a str)> {
    seen.first(&GROUP_KEYS)
        .map(|(key, names)| (key, first_name(names)))
}

fn is_insights(seen: &Seen<'_>) -> bool {
    group(seen).is_some_and(|(_, group)| group == INSIGHTS)
}

/// The function whose log group `/aws/lambda/<name>` is.
fn log_group<'a>(seen: &Seen<'a>) -> Option<(&'static str, &'a str)> {
    let (key, group) = group(seen)?;
    let name = group.strip_prefix(FUNCTIONS)?;
    (!name.is_empty()).then_some((key, name))
}

/// The first of a list of names, which the attribute map keeps as JSON text.
fn first_name(names: &str) -> &str {
    let Some(list) = names.strip_prefix("[\"") else {
        return names;
    };
    list.split('"').next().unwrap_or(names)
}
