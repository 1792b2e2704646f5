//! Every bad body over HTTP, with its status and its message; and nothing around it is lost.

use prost::Message;

use super::*;

/// Sends each body to `/v1/traces` and expects the status and the beginning of the message.
async fn refusals(cases: Vec<(Headers<'_>, Vec<u8>, u16, &str)>) {
    let store = Script::default();
    let small = Config {
        max_request_bytes: 1024 * 1024,
        ..config()
    };
    let collector = run(small, &store).await;
    for (headers, body, code, wanted) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let answer = post(&collector, "/v1/traces", headers, body).await;
        assert_eq!(answer.status, code, "{headers:?} {shown}");
        let message = if answer.header("content-type") == PROTOBUF.1 {
            status(&answer.body).1
        } else {
            answer.json()["message"]
                .as_str()
                .expect("a message")
                .to_owned()
        };
        assert!(
            message.starts_with(wanted),
            "{headers:?} {shown}: {message}"
        );
        assert_eq!(answer.header("retry-after"), "", "never to be repeated");
    }
    assert!(store.rows_asked().is_empty());
    // After all that, the collector works.
    let body = traces(vec![span("a")]).encode_to_vec();
    assert_eq!(
        post(&collector, "/v1/traces", &[PROTOBUF], body)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_field() {
    let whole = traces(vec![span("checkout")]).encode_to_vec();
    let truncated = whole[..whole.len() - 4].to_vec();
    let gzip_header: Headers<'_> = &[PROTOBUF, ("content-encoding", "gzip")];
    let mut cut_gzip = gzip(&whole);
    cut_gzip.truncate(cut_gzip.len() - 10);
    let kind_by_name = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SERVER"}]}]}]}"#;
    refusals(vec![
        (
            &[PROTOBUF],
            truncated,
            400,
            "decoding the request: resourceSpans[0]: is cut short: ",
        ),
        (
            &[PROTOBUF],
            b"hello there".to_vec(),
            400,
            "decoding the request: ",
        ),
        (
            &[PROTOBUF],
            b"{\"resourceSpans\":[]}".to_vec(),
            400,
            "decoding the request: ",
        ),
        (
            &[JSON],
            kind_by_name.to_vec(),
            400,
            "decoding the request: resourceSpans[0].scopeSpans[0].spans[0].kind: expected the \
             number of the enum value, found `SERVER`",
        ),
        (
            &[JSON],
            br#"{"resourceSpans":7}"#.to_vec(),
            400,
            "decoding the request: resourceSpans: expected an array, found a number",
        ),
        (
            &[JSON],
            b"{\"resourceSpans\":[{\"schemaUrl\":\"\xff\"}]}".to_vec(),
            400,
            "decoding the request: the body is not UTF-8: byte 32 begins no character",
        ),
        (
            &[JSON],
            b"{\"resourceSpans\":[".to_vec(),
            400,
            "decoding the request: resourceSpans",
        ),
        (
            gzip_header,
            cut_gzip,
            400,
            "decompressing the body as gzip: ",
        ),
        (gzip_header, whole, 400, "decompressing the body as gzip: "),
    ])
    .await;
}

#[tokio::test]
async fn what_is_not_otlp_is_refused() {
    let json = b"{}".to_vec();
    refusals(vec![
        (
            &[],
            json.clone(),
            415,
            "the content type must be application/x-protobuf or application/json; none came",
        ),
        (
            &[("content-type", "text/plain")],
            json.clone(),
            415,
            "the content type must be application/x-protobuf or application/json; `text/plain`",
        ),
        (
            &[JSON, ("content-encoding", "br")],
            json,
            415,
            "the content encoding `br` is not one of gzip, zstd, deflate, identity",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_as_sent_and_after_decompression() {
    let too_large_sent = "the request is bigger than 1048576 bytes as sent: send smaller batches";
    let too_large_unpacked = "the request is bigger than 1048576 bytes after decompression: ";
    let bomb = gzip(&vec![0; 100 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    refusals(vec![
        (
            &[PROTOBUF],
            vec![b'x'; 100 * 1024 * 1024],
            413,
            too_large_sent,
        ),
        (&[JSON], vec![b' '; 1024 * 1024 + 1], 413, too_large_sent),
        (
            &[PROTOBUF, ("content-encoding", "gzip")],
            bomb,
            413,
            too_large_unpacked,
        ),
        (
            &[PROTOBUF, ("content-encoding", "zstd")],
            zstd(&vec![0; 200 * 1024 * 1024]),
            413,
            too_large_unpacked,
        ),
        (
            &[PROTOBUF],
            // 400,000 spans of two bytes each.
            field(1, &field(2, &[18, 0].repeat(400 * 1024))),
            413,
            "decoding the request: it would take more than 16777216 bytes once decoded",
        ),
    ])
    .await;
}
