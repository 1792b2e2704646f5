use store::model::DeployWords;
use store::read::audit::AuditRow;
use store::read::deploys::CalledRow;

use super::*;

fn row(body: &str) -> AuditRow {
    AuditRow {
        time_ns: 1_000_000_000,
        body: body.to_owned(),
        ..AuditRow::default()
    }
}

fn one(body: &str) -> Audited {
    let mut found = audited(&row(body));
    assert_eq!(found.len(), 1, "{body}");
    found.remove(0)
}

fn changes(words: &DeployWords) -> Vec<(&str, &str)> {
    words
        .changes
        .iter()
        .map(|c| (c.what.as_str(), c.after.as_str()))
        .collect()
}

const CONFIGURATION: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","arn":
  "arn:aws:sts::123456789012:assumed-role/deployer/ci-77","accountId":"123456789012"},
  "eventTime":"2026-11-23T10:00:00Z","eventSource":"lambda.amazonaws.com",
  "eventName":"UpdateFunctionConfiguration20150331v2","awsRegion":"eu-central-1","sourceIPAddress":"192.0.2.1",
  "requestParameters":{"functionName":"checkout","memorySize":1024,"runtime":"nodejs22.x",
    "layers":["arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-nodejs:7"],
    "environment":{"variables":{"TOKEN":"s3cret"}}},
  "responseElements":{"functionName":"checkout","functionArn":
    "arn:aws:lambda:eu-central-1:123456789012:function:checkout","version":"$LATEST","memorySize":1024},
  "recipientAccountId":"123456789012"}"#;

#[test]
fn cloudtrail_tells_who_changed_what_of_a_lambda_function_and_no_secret() {
    let found = one(CONFIGURATION);
    assert_eq!(
        found.function.to_string(),
        "aws:123456789012:eu-central-1:checkout"
    );
    assert_eq!(
        (found.version.as_str(), found.at.as_secs()),
        ("$LATEST", 1_795_428_000)
    );
    assert_eq!(found.words.who, "assumed-role/deployer/ci-77");
    assert_eq!(
        changes(&found.words),
        [
            ("memory_mb", "1024"),
            ("runtime", "nodejs22.x"),
            ("layers", "aws-otel-nodejs:7"),
            ("environment", "changed")
        ]
    );
    assert!(!format!("{found:?}").contains("s3cret"));
}

#[test]
fn a_published_version_takes_in_the_change_it_was_made_of() {
    let publish = CONFIGURATION
        .replace(
            "UpdateFunctionConfiguration20150331v2",
            "PublishVersion20150331",
        )
        .replace("10:00:00Z", "10:00:20Z")
        .replace("\"$LATEST\"", "\"42\"")
        .replace(r#""memorySize":1024,"runtime":"nodejs22.x","#, "");
    let folded = fold(vec![one(&publish), one(CONFIGURATION)]);
    assert_eq!(folded.len(), 1);
    assert_eq!(folded[0].version, "42");
    assert!(changes(&folded[0].words).contains(&("memory_mb", "1024")));
    let late = publish.replace("10:00:20Z", "10:09:00Z");
    assert_eq!(
        fold(vec![one(&late), one(CONFIGURATION)]).len(),
        2,
        "too long after"
    );
}

#[test]
fn an_alias_that_is_moved_is_a_deploy_of_the_version_it_is_moved_to() {
    let body = r#"{"eventSource":"lambda.amazonaws.com","eventName":"UpdateAlias20150331","awsRegion":"eu-west-1",
      "recipientAccountId":"1","eventTime":"2026-11-23T10:00:00Z","userIdentity":{"userName":"ann"},
      "requestParameters":{"functionName":"checkout","name":"live","functionVersion":"41",
        "routingConfig":{"additionalVersionWeights":{"42":0.1}}}}"#;
    let found = one(body);
    assert_eq!(found.function.to_string(), "aws:1:eu-west-1:checkout");
    assert_eq!(
        (found.version.as_str(), found.words.note.as_str()),
        ("42", "alias live")
    );
    assert_eq!(found.words.who, "ann");
}

#[test]
fn entries_come_wrapped_in_events_files_and_attributes() {
    let bus =
        format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{CONFIGURATION}}}"#);
    assert_eq!(one(&bus), one(CONFIGURATION));
    let file = format!(r#"{{"Records":[{CONFIGURATION},{CONFIGURATION},7]}}"#);
    assert_eq!(audited(&row(&file)).len(), 2);
    let told = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let spread = AuditRow {
        attributes: vec![
            told("eventName", "UpdateFunctionCode20150331v2"),
            told("eventSource", "lambda.amazonaws.com"),
            told("requestParameters.functionName", "checkout"),
            told(
                "responseElements",
                r#"{"version":"43","codeSha256":"abc="}"#,
            ),
        ],
        resource: vec![
            told("cloud.account.id", "9"),
            told("cloud.region", "us-east-1"),
        ],
        ..row("anything")
    };
    let found = audited(&spread);
    assert_eq!(found[0].function.to_string(), "aws:9:us-east-1:checkout");
    assert_eq!(
        (found[0].version.as_str(), found[0].words.commit.as_str()),
        ("43", "abc=")
    );
    assert_eq!(found[0].at.0, 1_000_000_000, "as the record says");
}

#[test]
fn azure_tells_of_a_whole_app_and_only_the_end_of_an_operation_counts() {
    let body = r#"{"time":"2026-11-23T10:00:00.123Z","resourceId":
      "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.WEB/SITES/SHOP",
      "operationName":"MICROSOFT.WEB/SITES/WRITE","category":"Administrative","resultType":"Success",
      "identity":{"claims":{"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"ann@example.com"}}}"#;
    let found = one(body);
    assert!(
        found.is_app && found.words.who == "ann@example.com",
        "{found:?}"
    );
    let known = |id: &str, account: &str, name: &str| CalledRow {
        function_id: id.into(),
        provider: "azure".into(),
        account: account.into(),
        region: "westeurope".into(),
        name: name.into(),
    };
    let rows = [
        known("a", "s-1", "shop/pay"),
        known("b", "", "shop/list"),
        known("c", "s-2", "shop/pay"),
        known("d", "s-1", "shopping/pay"),
    ];
    let ids: Vec<String> = deploys(&found, &rows)
        .into_iter()
        .map(|d| d.function_id)
        .collect();
    assert_eq!(ids, ["a", "b"]);
    assert!(
        deploys(&found, &[]).is_empty(),
        "which functions it has, nobody knows yet"
    );
    assert!(audited(&row(&body.replace("Success", "Start"))).is_empty());
    assert!(audited(&row(&body.replace("SITES/WRITE", "SITES/READ"))).is_empty());
}

#[test]
fn google_tells_of_functions_and_of_services_with_their_revision() {
    let function = r#"{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog",
      "methodName":"google.cloud.functions.v1.CloudFunctionsService.UpdateFunction",
      "resourceName":"projects/shop/locations/europe-west1/functions/pay",
      "authenticationInfo":{"principalEmail":"ci@shop.example"},
      "request":{"function":{"availableMemoryMb":512,"runtime":"python313"}}},"timestamp":"2026-11-23T10:00:00Z"}"#;
    let found = one(function);
    assert_eq!(found.function.to_string(), "gcp:shop:europe-west1:pay");
    assert_eq!(found.words.who, "ci@shop.example");
    assert_eq!(
        changes(&found.words),
        [("memory_mb", "512"), ("runtime", "python313")]
    );
    let service = r#"{"protoPayload":{"methodName":"google.cloud.run.v1.Services.ReplaceService",
      "resourceName":"namespaces/shop/services/cart","request":{"service":{"spec":{"template":{"spec":
        {"containers":[{"image":"img@sha256:1","resources":{"limits":{"memory":"1Gi","cpu":"2"}}}]}}}}},
      "response":{"status":{"latestCreatedRevisionName":"cart-00042-abc"}}},
      "resource":{"labels":{"project_id":"shop","location":"europe-west1","service_name":"cart"}},
      "timestamp":"2026-11-23T10:00:00Z"}"#;
    let found = one(service);
    assert_eq!(found.function.to_string(), "gcp:shop:europe-west1:cart");
    assert_eq!(found.version, "cart-00042-abc");
    assert_eq!(
        changes(&found.words),
        [("image", "img@sha256:1"), ("memory", "1Gi"), ("cpu", "2")]
    );
    let failed = service.replace("\"response\"", "\"status\":{\"code\":7},\"response\"");
    assert!(audited(&row(&failed)).is_empty(), "it was refused");
}

#[test]
fn what_failed_is_something_else_or_is_no_json_tells_nothing() {
    for body in [
        String::new(),
        "UpdateFunctionCode20150331v2 was called".to_owned(),
        "[1,2]".to_owned(),
        r#"{"eventName":7,"requestParameters":[]}"#.to_owned(),
        CONFIGURATION.replace(
            "\"eventVersion\"",
            "\"errorCode\":\"AccessDenied\",\"eventVersion\"",
        ),
        CONFIGURATION.replace("lambda.amazonaws.com", "ec2.amazonaws.com"),
        CONFIGURATION.replace("UpdateFunctionConfiguration2015", "GetFunction2015"),
        CONFIGURATION.replace(
            ":function:checkout",
            &format!(":function:{}", "x".repeat(4_000)),
        ),
        "[".repeat(100_000),
    ] {
        assert!(audited(&row(&body)).is_empty(), "{body:.200}");
    }
}

#[test]
fn every_kind_of_entry_can_be_found_by_a_needle() {
    let lower: Vec<String> = NEEDLES.iter().map(|needle| needle.to_lowercase()).collect();
    for text in [
        "UpdateFunctionCode20150331v2",
        "UpdateFunctionConfiguration20150331v2",
        "PublishVersion20150331",
        "UpdateAlias20150331",
        "MICROSOFT.WEB/SITES/WRITE",
        "Microsoft.Web/sites/publish/Action",
        "google.cloud.functions.v2.FunctionService.UpdateFunction",
        "google.cloud.functions.v1.CloudFunctionsService.UpdateFunction",
        "google.cloud.run.v2.Services.UpdateService",
        "google.cloud.run.v1.Services.ReplaceService",
    ] {
        let text = text.to_lowercase();
        assert!(lower.iter().any(|needle| text.contains(needle)), "{text}");
    }
}
