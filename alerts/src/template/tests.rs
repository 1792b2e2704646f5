//! Templates as users of Alertmanager write them.

use std::sync::Arc;

use proptest::prelude::*;
use store::model::UnixNano;

use super::*;
use crate::notify::samples;

fn render_with(files: &[(&str, &str)], source: &str, format: Format) -> Result<String, Error> {
    let templates = Arc::new(Templates::new(files.iter().copied())?);
    let notification = samples::firing();
    View::new(
        &templates,
        &notification,
        "https://observe.example",
        samples::NOW,
    )?
    .render(source, format)
}

fn text(source: &str) -> String {
    render_with(&[], source, Format::Plain).expect(source)
}

const DATA: &[(&str, &str)] = &[
    (
        "{{ .Receiver }} {{ .Status }} {{ .ExternalURL }}",
        "team\\.x firing https://observe.example",
    ),
    ("{{ .NotificationReason }}", "first notification"),
    (
        "{{ len .Alerts }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}",
        "2 1 1",
    ),
    (
        "{{ .GroupLabels }}",
        "alertname=HighErrorRate, region=eu-central-1",
    ),
    (
        "{{ .CommonLabels.severity }}|{{ .CommonLabels.absent }}|{{ index .CommonLabels \"absent\" }}",
        "critical||",
    ),
    (
        "{{ .GroupLabels.SortedPairs.Values | join \" \" }}",
        "HighErrorRate eu-central-1",
    ),
    ("{{ .GroupLabels.Names.Join \"+\" }}", "alertname+region"),
    (
        "{{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Names | join \",\" }}{{ end }}",
        "account,severity",
    ),
    (
        "{{ (.CommonLabels.Remove (stringSlice \"alertname\" \"severity\" \"account\")).String }}",
        "region=eu-central-1",
    ),
    (
        "{{ range .GroupLabels.SortedPairs }}{{ .Name }}:{{ .Value }};{{ end }}",
        "alertname:HighErrorRate;region:eu-central-1;",
    ),
    (
        "{{ range $k, $v := .GroupLabels }}{{ $k }}={{ $v }} {{ end }}",
        "alertname=HighErrorRate region=eu-central-1 ",
    ),
    ("{{ (index .Alerts 0).Labels.function }}", "checkout"),
    (
        "{{ range .Alerts }}{{ .Fingerprint }} {{ end }}",
        "00000000000000aa 00000000000000bb ",
    ),
    (
        "{{ range .Alerts.Firing }}{{ .StartsAt }} {{ .EndsAt.IsZero }}{{ end }}",
        "2027-01-15 08:00:00 +0000 UTC true",
    ),
    ("{{ (index .Alerts 1).EndsAt.Unix }}", "1800000300"),
    (
        "{{ $a := index .Alerts 0 }}{{ $a.StartsAt.Format \"Mon, 02 Jan 2006 15:04:05 MST\" }}",
        "Fri, 15 Jan 2027 08:00:00 UTC",
    ),
    (
        "{{ (index .Alerts 0).StartsAt | tz \"Europe/Berlin\" | date \"15:04 MST -0700\" }}",
        "09:00 CET +0100",
    ),
    ("{{ since (index .Alerts 0).StartsAt }}", "10m0s"),
    ("{{ (since (index .Alerts 0).StartsAt).Minutes }}", "10"),
    (
        "{{ since (index .Alerts 0).StartsAt | humanizeDuration }}",
        "10m 0s",
    ),
    (
        "{{ if gt (len .CommonLabels) (len .GroupLabels) }}more{{ else }}same{{ end }}",
        "more",
    ),
    (
        "{{ if .CommonLabels.absent }}there{{ else if eq .Status \"firing\" \"other\" }}firing{{ end }}",
        "firing",
    ),
    (
        "{{ if and (eq .Status \"firing\") (not .CommonAnnotations.absent) }}yes{{ end }}",
        "yes",
    ),
];

#[test]
fn the_data_of_alertmanagers_templates_is_all_there() {
    for (source, expected) in DATA {
        assert_eq!(text(source), *expected, "{source}");
    }
}

const FUNCTIONS: &[(&str, &str)] = &[
    (r#"{{ "aBc" | toUpper }}{{ toLower "aBc" }}"#, "ABCabc"),
    (
        r#"{{ title "HELLO wide-open o'neil" }}"#,
        "Hello Wide-Open O'neil",
    ),
    (r#"[{{ trimSpace "  x " }}]"#, "[x]"),
    (
        r#"{{ match "^a.c$" "abc" }} {{ match "b$" "abc" }}"#,
        "true false",
    ),
    (r#"{{ reReplaceAll "(a)(b)" "$2${1}" "xaby" }}"#, "xbay"),
    (
        r#"{{ urlUnescape "a%20b+c" }} {{ "a b&c" | urlquery }}"#,
        "a b c a+b%26c",
    ),
    (
        r#"{{ base64encode "a?>" }} {{ base64decode "YT8-" }}"#,
        "YT8- a?>",
    ),
    (
        r#"{{ join "," (stringSlice "a" "b") }} {{ slice "abcd" 1 3 }}"#,
        "a,b bc",
    ),
    (
        r#"{{ $d := dict "a" 1 "b" "x" }}{{ $d.a }}{{ $d.b }}{{ len (append (list 1 2) 3) }}"#,
        "1x3",
    ),
    (
        r#"{{ toDate "2006-01-02" "2027-03-04" | date "Jan _2" }}"#,
        "Mar  4",
    ),
    (r#"{{ (toDate "2006-01-02" "nonsense").IsZero }}"#, "true"),
    (
        r#"{{ (mustToDate "2006-01-02T15:04:05Z07:00" "2027-03-04T05:06:07.25+02:00").UnixMilli }}"#,
        "1804129567250",
    ),
    (
        r#"{{ now.Format "2006-01-02T15:04:05.000Z07:00" }}"#,
        "2027-01-15T08:10:00.000Z",
    ),
    (
        r#"{{ humanizeDuration 93784 }}|{{ humanizeDuration 61.5 }}|{{ humanizeDuration 1.2345678 }}|{{ humanizeDuration "0.0023" }}|{{ humanizeDuration 0 }}"#,
        "1d 2h 3m 4s|1m 1s|1.235s|2.3ms|0s",
    ),
    (
        r#"{{ printf "%s=%d %q %5.2f|%-4s|%v" "a" 7 "b" 1.5 "c" .GroupLabels }}"#,
        "a=7 \"b\"  1.50|c   |alertname=HighErrorRate, region=eu-central-1",
    ),
    (r#"{{ .Alerts.Firing | len | printf "%02d" }}"#, "01"),
    (
        r#"{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" .Status }}{{ block "y" 3 }}{{ . }}{{ end }}"#,
        "<firing>3",
    ),
    ("a {{- /* nothing */ -}}  b {{- \" c \" -}} d", "ab c d"),
    (
        r#"{{ routeLabels "team" }}|{{ .RouteLabels.link }}|{{ routeLabels "absent" }}"#,
        "x|https://wiki.example/x/HighErrorRate|",
    ),
    (
        r#"{{ range $i, $a := .Alerts }}{{ if $i }}{{ break }}{{ end }}{{ $a.Status }}{{ else }}none{{ end }}"#,
        "firing",
    ),
    (
        r#"{{ (index .Alerts 0).Labels | toJson }}"#,
        r#"{"account":"1234","alertname":"HighErrorRate","function":"checkout","region":"eu-central-1","severity":"critical"}"#,
    ),
];

#[test]
fn the_functions_do_what_alertmanagers_do() {
    for (source, expected) in FUNCTIONS {
        assert_eq!(text(source), *expected, "{source}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&text("{{ .Alerts.Resolved | toJson }}")).expect("JSON");
    assert_eq!(json[0]["startsAt"], "2027-01-15T08:00:00Z");
    assert_eq!(json[0]["endsAt"], "2027-01-15T08:05:00Z");
    assert_eq!(
        json[0]["annotations"]["summary"],
        "<b>late</b> & <!channel> [x](http://evil.example) @here"
    );
    assert!(!text("{{ .Alerts.Resolved | toJson }}").contains('<'));
}

#[test]
fn layouts_show_and_read_every_part_of_a_time() {
    let at: Timestamp = "2027-03-04T15:06:07.089Z".parse().expect("a time");
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone");
    let at = at.to_zoned_datetime(zone);
    let cases = [
        (
            "Monday Mon January Jan 2006 06 01 1 02 2 _2 __2 002",
            "Thursday Thu March Mar 2027 27 03 3 04 4  4  63 063",
        ),
        ("15 03 3 04 4 05 5 PM pm", "10 10 10 06 6 07 7 AM am"),
        ("MST -0700 -07:00 -07 Z07:00", "EST -0500 -05:00 -05 -05:00"),
        (".000 .9 .999999 ,000000", ".089  .089 ,089000"),
        ("Janet Money 20060102", "Janet Money 20270304"),
    ];
    for (layout, expected) in cases {
        assert_eq!(layout::format(layout, &at), expected, "{layout}");
    }
    for layout in [
        "2006-01-02T15:04:05.999999999Z07:00",
        "Mon Jan _2 15:04:05.000 -0700 2006",
        "02/01/06 3:04:05.999PM -07",
    ] {
        let written = layout::format(layout, &at);
        assert_eq!(
            layout::parse(layout, &written),
            Some(at.timestamp()),
            "{layout}: {written}"
        );
    }
    assert_eq!(layout::duration(0), "0s");
    assert_eq!(layout::duration(-90_061_500_000_000), "-25h1m1.5s");
    assert_eq!(layout::duration(1_500_000), "1.5ms");
}

#[test]
fn hostile_labels_are_escaped_for_each_format() {
    let source = "<{{ (index .Alerts 1).Annotations.summary }}>";
    let render = |format| render_with(&[], source, format).expect("rendered");
    assert_eq!(
        render(Format::Plain),
        "<<b>late</b> & <!channel> [x](http://evil.example) @here>"
    );
    assert_eq!(
        render(Format::Slack),
        "<&lt;b&gt;late&lt;/b&gt; &amp; &lt;!channel&gt; [x](http://evil.example) @here>"
    );
    assert_eq!(
        render(Format::Markdown),
        "<\\<b\\>late\\</b\\> & \\<!channel\\> \\[x\\](http://evil.example) @\u{200b}here>"
    );
    let html = |source| render_with(&[], source, Format::Html).expect("rendered");
    assert_eq!(
        html(
            "<p title=\"{{ (index .Alerts 1).Annotations.summary }}\">{{ (index .Alerts 1).Annotations.summary }}</p>"
        ),
        "<p title=\"&lt;b&gt;late&lt;/b&gt; &amp; &lt;!channel&gt; [x](http://evil.example) @here\">&lt;b&gt;late&lt;/b&gt; &amp; &lt;!channel&gt; [x](http://evil.example) @here</p>"
    );
    assert_eq!(
        html("<a href=\"{{ \"javascript:alert(1)\" }}\">x</a>"),
        "<a href=\"#ZgotmplZ\">x</a>"
    );
    assert_eq!(
        html(
            "{{ range .Alerts }}<a href=\"/x?q={{ .Labels.alertname | urlquery }}&f={{ .Status }}\">{{ html \"<\" }}</a>{{ end }}"
        ),
        "<a href=\"/x?q=HighErrorRate&f=firing\">&lt;</a><a href=\"/x?q=HighErrorRate&f=resolved\">&lt;</a>"
    );
    assert_eq!(
        html("<a href=\"/x?q={{ \"a b&c/d\" | urlquery }}\">x</a>"),
        "<a href=\"/x?q=a&#43;b%26c%2Fd\">x</a>"
    );
    assert_eq!(html("{{ safeHtml \"<b>\" }}{{ \"<b>\" }}"), "<b>&lt;b&gt;");
    let slack = render_with(
        &[],
        "<{{ .ExternalURL }}|x> {{ safeHtml \"<!here>\" }}",
        Format::Slack,
    );
    assert_eq!(
        slack.expect("rendered"),
        "<https://observe.example|x> <!here>"
    );
}

#[test]
fn files_override_the_defaults_and_one_another() {
    let files = [
        (
            "a.tmpl",
            r#"{{ define "slack.default.title" }}A {{ template "mine" . }}{{ end }}{{ define "mine" }}1{{ end }}"#,
        ),
        (
            "b.tmpl",
            r#"{{ define "mine" }}2{{ end }}{{ define "slack.default.title" }} {{ end }}"#,
        ),
    ];
    let title = render_with(
        &files,
        r#"{{ template "slack.default.title" . }}"#,
        Format::Slack,
    );
    assert_eq!(
        title,
        Ok("A 2".to_owned()),
        "an empty definition replaces nothing"
    );
}

#[test]
fn a_template_that_fails_says_where_and_why() {
    let cases = [
        ("{{ .Alerts", ""),
        (
            "a\n{{ nosuch 1 }}",
            "line 2: there is no function \"nosuch\"",
        ),
        ("{{ if }}x{{ end }}", ""),
        ("{{ template \"nosuch\" . }}", "nosuch"),
        ("{{ .Alerts.Nosuch }}", "there is no field or method Nosuch"),
        ("{{ .Nosuch }}", "there is no field or method Nosuch"),
        ("{{ .GroupLabels.alertname 1 }}", "alertname"),
        (
            "{{ reReplaceAll \"(\" \"\" \"x\" }}",
            "no regular expression",
        ),
        ("{{ tz \"Mars/Base\" now }}", "there is no time zone"),
        ("{{ index .Alerts 9 }}", ""),
    ];
    for (source, expected) in cases {
        let error = render_with(&[], source, Format::Plain).expect_err(source);
        assert!(error.to_string().contains(expected), "{source}: {error}");
    }
    let error = Templates::new([("x.tmpl", "{{ define \"a\" }}\n{{ nosuch }}{{ end }}")])
        .expect_err("refused");
    assert!(error.to_string().contains("x.tmpl: line 2"), "{error}");
}

#[test]
fn every_template_ends() {
    let endless = [
        r#"{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
        r#"{{ define "a" }}{{ if . }}{{ template "b" . }}{{ end }}{{ end }}{{ define "b" }}{{ range list 1 2 3 4 5 6 7 8 9 }}{{ range list 1 2 3 4 5 6 7 8 9 }}{{ range list 1 2 3 4 5 6 7 8 9 }}{{ template "a" . }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "a" 1 }}"#,
        "{{ range 1000000000 }}{{ end }}",
        r#"{{ define "a" }}{{ range 1000 }}xxxxxxxxxxxxxxxxxxxx{{ end }}{{ end }}{{ range 99 }}{{ template "a" . }}{{ end }}"#,
        r#"{{ define "a0" }}{{ end }}{{ define "a1" }}{{ range 50 }}{{ template "a0" }}{{ end }}{{ end }}{{ range 4000 }}{{ template "a1" }}{{ end }}"#,
    ];
    for source in endless {
        for format in [Format::Plain, Format::Html] {
            assert!(render_with(&[], source, format).is_err(), "{source}");
        }
    }
}

#[test]
fn route_labels_that_ask_for_each_other_are_refused() {
    let mut notification = samples::firing();
    notification.route_labels = [
        ("a", r#"{{ routeLabels "b" }}"#),
        ("b", r#"{{ routeLabels "a" }}"#),
    ]
    .into_iter()
    .collect();
    let templates = Arc::new(Templates::new([]).expect("defaults"));
    let error = View::new(&templates, &notification, "", UnixNano(0)).expect_err("a circle");
    assert!(error.to_string().contains("a -> b -> a"), "{error}");
}

#[test]
fn every_default_renders_in_its_format() {
    let templates = Templates::new([]).expect("defaults");
    let names: Vec<String> = templates
        .text
        .templates()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let templates = Arc::new(templates);
    for notification in [samples::firing(), samples::resolved()] {
        let view = View::new(
            &templates,
            &notification,
            "https://observe.example",
            samples::NOW,
        )
        .expect("a view");
        for name in names
            .iter()
            .filter(|name| name.contains(".default.") && !name.contains("instances"))
        {
            let format = match name.split('.').next() {
                Some("email" | "telegram") => Format::Html,
                Some("slack") => Format::Slack,
                Some("discord" | "mattermost" | "msteamsv2" | "rocketchat" | "webex") => {
                    Format::Markdown
                }
                _ => Format::Plain,
            };
            let source = format!("{{{{ template {name:?} . }}}}");
            let said = view
                .render(&source, format)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            if format == Format::Html
                && name != "email.default.subject"
                && name != "email.default.text"
            {
                assert!(!said.contains("<!channel>"), "{name}: {said}");
            }
        }
    }
    let view = View::new(
        &templates,
        &samples::firing(),
        "https://observe.example",
        samples::NOW,
    )
    .expect("a view");
    insta::assert_snapshot!(
        "plain_text_of_a_firing_group",
        view.render(r#"{{ template "email.default.text" . }}"#, Format::Plain)
            .expect("text")
    );
    insta::assert_snapshot!(
        "mail_page_of_a_firing_group",
        view.render(r#"{{ template "email.default.html" . }}"#, Format::Html)
            .expect("a page")
    );
}

proptest! {
    #[test]
    fn no_template_text_panics(source in r#"(\{\{ ?(if|range|with|end|else|template|define|\.Alerts|\.A|\$x|:=|"a"|len|index|printf|\||\(|\)|1|-|/\*)? ?(\.|\.Alerts|"x"|1)? ?-?\}\}|[a-z ]{0,3}){0,8}"#) {
        let _ = render_with(&[], &source, Format::Plain);
    }
}
