use store::model::UnixNano;

use super::TimeInterval;
use crate::model::time;

fn interval(yaml: &str) -> Result<TimeInterval, String> {
    serde_saphyr::from_str(yaml).map_err(|error| error.without_snippet().to_string())
}

fn at(text: &str) -> UnixNano {
    time::read(text).expect(text).expect("a time")
}

#[test]
fn instants_lie_inside_or_outside_as_alertmanager_says() {
    for (yaml, inside, outside) in [
        ("{}", vec!["2026-01-01T00:00:00Z"], vec![]),
        ("times: []", vec![], vec!["2026-01-01T00:00:00Z"]),
        (
            "times: [{start_time: '09:00', end_time: '17:00'}, {start_time: 22:30, end_time: 24:00}]",
            vec![
                "2026-01-01T09:00:00Z",
                "2026-01-01T16:59:59Z",
                "2026-01-01T23:59:59Z",
            ],
            vec![
                "2026-01-01T08:59:59Z",
                "2026-01-01T17:00:00Z",
                "2026-01-02T00:00:00Z",
            ],
        ),
        (
            "weekdays: ['Monday:FRIDAY']",
            vec!["2026-01-05T00:00:00Z", "2026-01-09T23:59:59Z"],
            vec!["2026-01-04T12:00:00Z", "2026-01-10T00:00:00Z"],
        ),
        (
            "weekdays: [sunday, Saturday]",
            vec!["2026-01-04T12:00:00Z"],
            vec!["2026-01-05T00:00:00Z"],
        ),
        (
            "days_of_month: ['1:3', 15, '-2:-1']",
            vec![
                "2026-02-01T00:00:00Z",
                "2026-02-15T00:00:00Z",
                "2026-02-27T00:00:00Z",
                "2028-02-28T00:00:00Z",
            ],
            vec![
                "2026-02-04T00:00:00Z",
                "2026-02-26T00:00:00Z",
                "2028-02-27T23:59:59Z",
            ],
        ),
        // From a day that the month has, up to its end; not at all from one that it has not.
        (
            "days_of_month: ['25:31']",
            vec!["2026-02-28T00:00:00Z"],
            vec!["2026-02-24T00:00:00Z"],
        ),
        (
            "days_of_month: ['30:31']",
            vec!["2026-04-30T00:00:00Z"],
            vec!["2026-02-28T00:00:00Z"],
        ),
        // Further from the end than the month is long: from its first day.
        (
            "days_of_month: ['-31:-28']",
            vec!["2026-02-01T00:00:00Z"],
            vec!["2026-02-02T00:00:00Z"],
        ),
        (
            "days_of_month: ['10:-10']",
            vec!["2026-02-19T00:00:00Z"],
            vec!["2026-02-20T00:00:00Z"],
        ),
        (
            "months: ['January:march', 5, '11:12']",
            vec![
                "2026-03-31T23:59:59Z",
                "2026-05-01T00:00:00Z",
                "2026-12-01T00:00:00Z",
            ],
            vec!["2026-04-01T00:00:00Z", "2026-10-31T23:59:59Z"],
        ),
        (
            "years: ['2026:2027', 2030]",
            vec!["2027-12-31T23:59:59Z"],
            vec!["2028-01-01T00:00:00Z"],
        ),
        (
            "{weekdays: [friday], times: [{start_time: 16:00, end_time: 17:00}], months: [1]}",
            vec!["2026-01-02T16:30:00Z"],
            vec![
                "2026-01-02T17:30:00Z",
                "2026-02-06T16:30:00Z",
                "2026-01-03T16:30:00Z",
            ],
        ),
    ] {
        let interval = interval(yaml).expect(yaml);
        for text in inside {
            assert!(interval.contains(at(text)), "{yaml} contains {text}");
        }
        for text in outside {
            assert!(
                !interval.contains(at(text)),
                "{yaml} does not contain {text}"
            );
        }
    }
}

#[test]
fn the_clock_of_the_place_counts_through_its_changes_of_time() {
    let night =
        interval("{times: [{start_time: 02:00, end_time: 03:00}], location: Europe/Berlin}");
    let night = night.expect("valid");
    // In summer two hours before UTC, in winter one; 02:00 to 03:00 is skipped once and comes twice once.
    for (text, want) in [
        ("2026-07-01T00:30:00Z", true),
        ("2026-01-01T00:30:00Z", false),
        ("2026-01-01T01:30:00Z", true),
        ("2026-03-29T00:59:59Z", false),
        ("2026-03-29T01:00:00Z", false),
        ("2026-10-25T00:30:00Z", true),
        ("2026-10-25T01:30:00Z", true),
        ("2026-10-25T02:00:00Z", false),
    ] {
        assert_eq!(night.contains(at(text)), want, "{text}");
    }
    let sydney = interval("{days_of_month: [1], location: Australia/Sydney}").expect("valid");
    assert!(sydney.contains(at("2026-07-31T14:00:00Z")));
    assert!(!sydney.contains(at("2026-08-01T14:00:00Z")));
}

#[test]
fn what_alertmanager_refuses_is_refused_with_what_to_write() {
    for (yaml, want) in [
        (
            "times: [{start_time: '9:00', end_time: '17:00'}]",
            "not a time of day: \"9:00\"",
        ),
        (
            "times: [{start_time: '09:00', end_time: '24:01'}]",
            "not a time of day",
        ),
        (
            "times: [{start_time: '17:00', end_time: '09:00'}]",
            "split a range over midnight",
        ),
        (
            "times: [{start_time: '09:00'}]",
            "both start_time and end_time",
        ),
        (
            "times: [{start_time: '09:00', end: '17:00'}]",
            "unknown field `end`",
        ),
        ("weekdays: [mon]", "not a weekday: \"mon\""),
        ("weekdays: ['friday:monday']", "end is before its start"),
        ("weekdays: ['1:5']", "not a weekday"),
        ("days_of_month: [0]", "not a day of the month"),
        ("days_of_month: [32]", "not a day of the month"),
        ("days_of_month: ['-5:5']", "must be negative"),
        ("days_of_month: ['20:10']", "always before"),
        ("days_of_month: ['-1:-5']", "always before"),
        ("months: [foo]", "not a month"),
        ("months: ['may:january']", "end is before its start"),
        ("years: ['2027:2026']", "end is before its start"),
        ("location: Berlin/Europe", "unknown time zone"),
        ("hours: []", "unknown field `hours`"),
    ] {
        let error = interval(yaml).expect_err(yaml);
        assert!(error.contains(want), "{yaml}: {error}");
    }
}
