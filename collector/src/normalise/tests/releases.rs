//! Which version ran, platform by platform: its own number, else what a pipeline put into the resource.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::support::*;

#[test]
fn the_platform_s_version_wins_and_a_release_stands_in_where_it_numbers_none() {
    let lambda = ("cloud.platform", "aws_lambda");
    let run = ("cloud.platform", "gcp_cloud_run");
    let gcp = ("cloud.platform", "gcp_cloud_functions");
    let azure = ("cloud.platform", "azure_functions");
    let worker = ("cloud.platform", "cloudflare.workers");
    let vercel = ("cloud.platform", "vercel");
    let sha = ("vcs.ref.head.revision", "0c1d2e3f");
    let service = ("service.version", "1.4.2");
    let cases: [(&[(&str, &str)], &str); 16] = [
        (&[lambda, ("faas.version", "42"), sha, service], "42"),
        (
            &[lambda, ("faas.version", "$LATEST"), sha, service],
            "0c1d2e3f",
        ),
        (&[lambda, ("faas.version", "$LATEST"), service], "1.4.2"),
        (&[lambda, ("faas.version", "$LATEST")], "$LATEST"),
        (
            &[lambda, ("faas.instance", "2026/03/10/[7]2f399eb1"), service],
            "7",
        ),
        (&[lambda, service], "1.4.2"),
        (
            &[run, ("faas.version", "cart-00042-abc"), service],
            "cart-00042-abc",
        ),
        (
            &[run, ("gcp.revision_name", "cart-00043-abd")],
            "cart-00043-abd",
        ),
        (
            &[gcp, ("gcp.revision_name", "pay-00007-xyz"), service],
            "pay-00007-xyz",
        ),
        (
            &[gcp, ("vcs.repository.ref.revision", "old-name")],
            "old-name",
        ),
        (&[azure, ("deployment.id", "d-7"), service], "d-7"),
        (&[azure, service], ""),
        (
            &[worker, ("cloudflare.script_version.id", "v-1"), sha],
            "v-1",
        ),
        (&[worker, sha], "0c1d2e3f"),
        (
            &[
                vercel,
                ("vercel.deployment_id", "dpl_1"),
                ("vercel.sha", "abc"),
            ],
            "dpl_1",
        ),
        (&[vercel, ("vercel.sha", "abc")], "abc"),
    ];
    for (told, version) in cases {
        let name = [("faas.name", "app/pay"), ("service.name", "app")];
        let all = [&name[..], told].concat();
        let attributes = [("faas.invocation_id", "i-1"), ("faas.trigger", "http")];
        let spans = vec![span(SpanKind::Server, 1, 1, 0, &attributes)];
        let made = of_spans(resource(&all), spans);
        assert_eq!(made.fact().version, version, "{told:?}");
    }
}

#[test]
fn a_span_s_own_attributes_are_no_release_of_the_function() {
    let lambda = [("cloud.platform", "aws_lambda"), ("faas.name", "pay")];
    let attributes = [
        ("faas.invocation_id", "i-1"),
        ("service.version", "of the other service"),
    ];
    let made = of_spans(
        resource(&lambda),
        vec![span(SpanKind::Server, 1, 1, 0, &attributes)],
    );
    assert_eq!(made.fact().version, "");
}
