//! The services that receivers are reached by: their keys, what must be given, and what `global` gives.
//!
//! Data, not code: Alertmanager's eighteen, and ours.

/// A service.
#[derive(Debug)]
pub struct Kind {
    /// `webhook`; its blocks stand under `webhook_configs`.
    pub name: &'static str,
    /// Whether we can send to it.
    pub sent: bool,
    /// `send_resolved` when it is not given.
    pub sends_resolved: bool,
    /// Whether a block may be empty, all coming from `global`.
    pub may_be_empty: bool,
    /// Its keys, space separated; `send_resolved` and `http_config` come with every kind.
    pub keys: &'static str,
    /// Keys that hold an address of http or https, unless a template makes it.
    pub urls: &'static str,
    /// What is checked once `global` has filled in.
    pub rules: &'static [Rule],
    /// Groups of own keys and global ones: when none of a group's keys is given, `global` gives all.
    pub global: &'static [&'static [(&'static str, &'static str)]],
}

/// What must hold among keys; a key set to the empty text is not given.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// One of these at least.
    Any(&'static [&'static str]),
    /// One of these at most.
    AtMostOne(&'static [&'static str]),
    /// The key's value is one of these texts.
    In(&'static str, &'static [&'static str]),
}
use Rule::{Any, AtMostOne, In};

/// All others are made of it.
const NONE: Kind = Kind {
    name: "",
    sent: true,
    sends_resolved: true,
    may_be_empty: false,
    keys: "",
    urls: "",
    rules: &[],
    global: &[],
};

pub(super) const GLOBAL_KEYS: &str = "resolve_timeout http_config jira_api_url smtp_from smtp_hello smtp_smarthost \
    smtp_auth_username smtp_auth_password smtp_auth_password_file smtp_auth_secret smtp_auth_secret_file \
    smtp_auth_identity smtp_require_tls smtp_tls_config smtp_force_implicit_tls slack_api_url \
    slack_api_url_file slack_app_token slack_app_token_file slack_app_url pagerduty_url opsgenie_api_url \
    opsgenie_api_key opsgenie_api_key_file wechat_api_url wechat_api_secret wechat_api_secret_file \
    wechat_api_corp_id victorops_api_url victorops_api_key victorops_api_key_file telegram_api_url \
    telegram_bot_token telegram_bot_token_file webex_api_url rocketchat_api_url rocketchat_token \
    rocketchat_token_file rocketchat_token_id rocketchat_token_id_file mattermost_webhook_url \
    mattermost_webhook_url_file";

/// Keys of `global` that hold an address.
pub(super) const GLOBAL_URLS: &str = "jira_api_url slack_api_url slack_app_url pagerduty_url opsgenie_api_url \
    wechat_api_url victorops_api_url telegram_api_url webex_api_url rocketchat_api_url \
    mattermost_webhook_url";

/// Of each pair at most one may be given.
pub(super) const GLOBAL_PAIRS: &[&[&str]] = &[
    &["slack_app_token", "slack_app_token_file"],
    &["slack_api_url", "slack_api_url_file"],
    &["opsgenie_api_key", "opsgenie_api_key_file"],
    &["victorops_api_key", "victorops_api_key_file"],
    &["telegram_bot_token", "telegram_bot_token_file"],
    &["smtp_auth_password", "smtp_auth_password_file"],
    &["smtp_auth_secret", "smtp_auth_secret_file"],
    &["rocketchat_token", "rocketchat_token_file"],
    &["rocketchat_token_id", "rocketchat_token_id_file"],
    &["wechat_api_secret", "wechat_api_secret_file"],
    &["mattermost_webhook_url", "mattermost_webhook_url_file"],
];

/// What `global` holds when it does not say.
pub(super) const GLOBAL_DEFAULTS: &[(&str, &str)] = &[
    ("smtp_hello", "localhost"),
    ("pagerduty_url", "https://events.pagerduty.com/v2/enqueue"),
    ("opsgenie_api_url", "https://api.opsgenie.com/"),
    ("wechat_api_url", "https://qyapi.weixin.qq.com/cgi-bin/"),
    (
        "victorops_api_url",
        "https://alert.victorops.com/integrations/generic/20131114/alert/",
    ),
    ("telegram_api_url", "https://api.telegram.org"),
    ("webex_api_url", "https://webexapis.com/v1/messages"),
    ("rocketchat_api_url", "https://open.rocket.chat/"),
    ("slack_app_url", "https://slack.com/api/chat.postMessage"),
];

const KINDS: &[Kind] = &[
    Kind {
        name: "webhook",
        keys: "url url_file max_alerts timeout payload format secret secret_file secrets secret_files",
        urls: "url",
        rules: &[Any(&["url", "url_file"]), AtMostOne(&["url", "url_file"])],
        ..NONE
    },
    Kind {
        name: "email",
        sends_resolved: false,
        keys: "to from hello smarthost auth_username auth_password auth_password_file auth_secret \
               auth_secret_file auth_identity headers html text require_tls tls_config force_implicit_tls \
               threading",
        rules: &[Any(&["to"]), Any(&["smarthost"]), Any(&["from"])],
        global: &[
            &[("tls_config", "smtp_tls_config")],
            &[("smarthost", "smtp_smarthost")],
            &[("from", "smtp_from")],
            &[("hello", "smtp_hello")],
            &[("auth_username", "smtp_auth_username")],
            &[
                ("auth_password", "smtp_auth_password"),
                ("auth_password_file", "smtp_auth_password_file"),
            ],
            &[
                ("auth_secret", "smtp_auth_secret"),
                ("auth_secret_file", "smtp_auth_secret_file"),
            ],
            &[("auth_identity", "smtp_auth_identity")],
            &[("require_tls", "smtp_require_tls")],
            &[("force_implicit_tls", "smtp_force_implicit_tls")],
        ],
        ..NONE
    },
    Kind {
        name: "pagerduty",
        keys: "service_key service_key_file routing_key routing_key_file url client client_url description \
               details images links source severity class component group timeout",
        urls: "url",
        rules: &[
            Any(&[
                "routing_key",
                "routing_key_file",
                "service_key",
                "service_key_file",
            ]),
            AtMostOne(&["routing_key", "routing_key_file"]),
            AtMostOne(&["service_key", "service_key_file"]),
        ],
        global: &[&[("url", "pagerduty_url")]],
        ..NONE
    },
    Kind {
        name: "opsgenie",
        may_be_empty: true,
        keys: "api_key api_key_file api_url message description source details entity responders actions \
               tags note priority update_alerts",
        urls: "api_url",
        rules: &[
            Any(&["api_key", "api_key_file"]),
            AtMostOne(&["api_key", "api_key_file"]),
        ],
        global: &[
            &[("api_url", "opsgenie_api_url")],
            &[
                ("api_key", "opsgenie_api_key"),
                ("api_key_file", "opsgenie_api_key_file"),
            ],
        ],
        ..NONE
    },
    Kind {
        name: "slack",
        sends_resolved: false,
        may_be_empty: true,
        keys: "api_url api_url_file app_token app_token_file app_url channel username color title title_link \
               pretext text message_text fields short_fields footer fallback callback_id icon_emoji icon_url \
               image_url thumb_url link_names mrkdwn_in actions update_message timeout",
        urls: "api_url app_url",
        rules: &[
            AtMostOne(&["api_url", "api_url_file"]),
            AtMostOne(&["app_token", "app_token_file"]),
            AtMostOne(&["api_url", "app_token"]),
            AtMostOne(&["api_url", "app_token_file"]),
            AtMostOne(&["api_url_file", "app_token"]),
            AtMostOne(&["api_url_file", "app_token_file"]),
            Any(&["api_url", "api_url_file", "app_token", "app_token_file"]),
        ],
        global: &[
            &[("app_url", "slack_app_url")],
            &[
                ("api_url", "slack_api_url"),
                ("api_url_file", "slack_api_url_file"),
                ("app_token", "slack_app_token"),
                ("app_token_file", "slack_app_token_file"),
            ],
        ],
        ..NONE
    },
    Kind {
        name: "pushover",
        keys: "user_key user_key_file token token_file title message url url_title device sound priority \
               retry expire ttl html monospace",
        rules: &[
            Any(&["user_key", "user_key_file"]),
            AtMostOne(&["user_key", "user_key_file"]),
            Any(&["token", "token_file"]),
            AtMostOne(&["token", "token_file"]),
        ],
        ..NONE
    },
    Kind {
        name: "telegram",
        keys: "api_url bot_token bot_token_file chat_id chat_id_file message_thread_id message \
               disable_notifications parse_mode",
        urls: "api_url",
        rules: &[
            Any(&["chat_id", "chat_id_file"]),
            AtMostOne(&["chat_id", "chat_id_file"]),
            Any(&["bot_token", "bot_token_file"]),
            AtMostOne(&["bot_token", "bot_token_file"]),
            In("parse_mode", &["", "Markdown", "MarkdownV2", "HTML"]),
        ],
        global: &[
            &[("api_url", "telegram_api_url")],
            &[
                ("bot_token", "telegram_bot_token"),
                ("bot_token_file", "telegram_bot_token_file"),
            ],
        ],
        ..NONE
    },
    Kind {
        name: "discord",
        keys: "webhook_url webhook_url_file content title message username avatar_url",
        urls: "webhook_url",
        rules: &[
            Any(&["webhook_url", "webhook_url_file"]),
            AtMostOne(&["webhook_url", "webhook_url_file"]),
        ],
        ..NONE
    },
    Kind {
        name: "webex",
        keys: "api_url message room_id",
        urls: "api_url",
        rules: &[Any(&["room_id"]), Any(&["http_config"])],
        global: &[&[("api_url", "webex_api_url")]],
        ..NONE
    },
    Kind {
        name: "msteams",
        sent: false,
        keys: "webhook_url webhook_url_file title summary text",
        urls: "webhook_url",
        rules: &[
            Any(&["webhook_url", "webhook_url_file"]),
            AtMostOne(&["webhook_url", "webhook_url_file"]),
        ],
        ..NONE
    },
    Kind {
        name: "msteamsv2",
        keys: "webhook_url webhook_url_file title text",
        urls: "webhook_url",
        rules: &[
            Any(&["webhook_url", "webhook_url_file"]),
            AtMostOne(&["webhook_url", "webhook_url_file"]),
        ],
        ..NONE
    },
    Kind {
        name: "rocketchat",
        sends_resolved: false,
        may_be_empty: true,
        keys: "api_url token_id token_id_file token token_file channel color title title_link text fields \
               short_fields emoji icon_url image_url thumb_url link_names actions",
        urls: "api_url",
        rules: &[
            AtMostOne(&["token", "token_file"]),
            AtMostOne(&["token_id", "token_id_file"]),
            Any(&["token_id", "token_id_file"]),
            Any(&["token", "token_file"]),
        ],
        global: &[
            &[("api_url", "rocketchat_api_url")],
            &[
                ("token_id", "rocketchat_token_id"),
                ("token_id_file", "rocketchat_token_id_file"),
            ],
            &[
                ("token", "rocketchat_token"),
                ("token_file", "rocketchat_token_file"),
            ],
        ],
        ..NONE
    },
    Kind {
        name: "mattermost",
        keys: "webhook_url webhook_url_file channel username text fallback color pretext author_name \
               author_link author_icon title title_link fields thumb_url footer footer_icon image_url \
               icon_url icon_emoji attachments type props priority",
        urls: "webhook_url",
        rules: &[
            AtMostOne(&["webhook_url", "webhook_url_file"]),
            Any(&["webhook_url", "webhook_url_file"]),
        ],
        global: &[&[
            ("webhook_url", "mattermost_webhook_url"),
            ("webhook_url_file", "mattermost_webhook_url_file"),
        ]],
        ..NONE
    },
    Kind {
        name: "incidentio",
        sent: false,
        keys: "url url_file alert_source_token alert_source_token_file max_alerts timeout",
        urls: "url",
        rules: &[
            Any(&["url", "url_file"]),
            AtMostOne(&["url", "url_file"]),
            AtMostOne(&["alert_source_token", "alert_source_token_file"]),
            Any(&[
                "alert_source_token",
                "alert_source_token_file",
                "http_config",
            ]),
        ],
        ..NONE
    },
    Kind {
        name: "jira",
        sent: false,
        keys: "api_url api_type project summary description labels priority issue_type reopen_transition \
               resolve_transition wont_fix_resolution reopen_duration fields",
        urls: "api_url",
        rules: &[
            Any(&["project"]),
            Any(&["issue_type"]),
            Any(&["api_url"]),
            In("api_type", &["auto", "cloud", "datacenter"]),
        ],
        global: &[&[("api_url", "jira_api_url")]],
        ..NONE
    },
    Kind {
        name: "sns",
        sent: false,
        keys: "api_url sigv4 topic_arn phone_number target_arn subject message attributes \
               use_aws_http_client",
        rules: &[
            Any(&["target_arn", "topic_arn", "phone_number"]),
            AtMostOne(&["target_arn", "topic_arn", "phone_number"]),
        ],
        ..NONE
    },
    Kind {
        name: "victorops",
        sent: false,
        keys: "api_key api_key_file api_url routing_key message_type state_message entity_display_name \
               monitoring_tool custom_fields",
        urls: "api_url",
        rules: &[
            Any(&["routing_key"]),
            AtMostOne(&["api_key", "api_key_file"]),
            Any(&["api_key", "api_key_file"]),
        ],
        global: &[
            &[("api_url", "victorops_api_url")],
            &[
                ("api_key", "victorops_api_key"),
                ("api_key_file", "victorops_api_key_file"),
            ],
        ],
        ..NONE
    },
    Kind {
        name: "wechat",
        sent: false,
        sends_resolved: false,
        may_be_empty: true,
        keys: "api_secret api_secret_file corp_id message api_url to_user to_party to_tag agent_id \
               message_type",
        urls: "api_url",
        rules: &[
            In("message_type", &["text", "markdown"]),
            AtMostOne(&["api_secret", "api_secret_file"]),
            Any(&["api_secret", "api_secret_file"]),
            Any(&["corp_id"]),
        ],
        global: &[
            &[("api_url", "wechat_api_url")],
            &[
                ("api_secret", "wechat_api_secret"),
                ("api_secret_file", "wechat_api_secret_file"),
            ],
            &[("corp_id", "wechat_api_corp_id")],
        ],
        ..NONE
    },
    Kind {
        name: "ntfy",
        keys: "url url_file topic token token_file title message priority tags click timeout",
        urls: "url",
        rules: &[Any(&["topic"]), AtMostOne(&["token", "token_file"])],
        ..NONE
    },
    Kind {
        name: "alertmanager",
        keys: "url url_file timeout",
        urls: "url",
        rules: &[Any(&["url", "url_file"]), AtMostOne(&["url", "url_file"])],
        ..NONE
    },
];

/// The kind whose blocks stand under `key`.
pub(super) fn of_key(key: &str) -> Option<&'static Kind> {
    let name = key.strip_suffix("_configs")?;
    KINDS.iter().find(|kind| kind.name == name)
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// The names of those that we can send to.
pub(super) fn sent() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(|kind| kind.sent).map(|kind| kind.name)
}
