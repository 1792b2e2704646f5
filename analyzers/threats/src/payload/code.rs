//! Source code of servers: PHP, Java, Python, JavaScript; and Shellshock, which is code of a shell.

use std::sync::LazyLock;

use super::Place;
use super::signs::Signs;
use super::text::{find, has, is_name, is_white, name_before, skip, starts};
use super::verdict::{Class, Hits};

/// Functions that run or read, with a bracket after them.
const CALLS: &[(&str, f32)] = &[
    ("system", 0.55),
    ("exec", 0.5),
    ("shell_exec", 0.85),
    ("passthru", 0.85),
    ("popen", 0.7),
    ("proc_open", 0.85),
    ("pcntl_exec", 0.85),
    ("assert", 0.35),
    ("eval", 0.6),
    ("phpinfo", 0.9),
    ("phpversion", 0.7),
    ("base64_decode", 0.6),
    ("file_get_contents", 0.75),
    ("file_put_contents", 0.75),
    ("fopen", 0.5),
    ("fwrite", 0.4),
    ("readfile", 0.7),
    ("show_source", 0.75),
    ("highlight_file", 0.75),
    ("include", 0.35),
    ("include_once", 0.6),
    ("require_once", 0.6),
    ("create_function", 0.8),
    ("call_user_func", 0.8),
    ("call_user_func_array", 0.8),
    ("preg_replace", 0.55),
    ("array_map", 0.5),
    ("str_rot13", 0.6),
    ("gzinflate", 0.7),
    ("gzuncompress", 0.7),
    ("move_uploaded_file", 0.7),
    ("ini_set", 0.7),
    ("ini_get", 0.6),
    ("getenv", 0.5),
    ("putenv", 0.6),
    ("scandir", 0.6),
    ("error_log", 0.5),
    ("var_dump", 0.6),
    ("print_r", 0.5),
    ("unserialize", 0.8),
    ("execsync", 0.8),
    ("spawnsync", 0.8),
    ("spawn", 0.4),
    ("readfilesync", 0.8),
    ("readdirsync", 0.8),
    ("writefilesync", 0.8),
    ("__import__", 0.85),
    ("compile", 0.3),
    ("execfile", 0.7),
    ("check_output", 0.7),
    ("getruntime", 0.8),
    ("processbuilder", 0.7),
    ("printf", 0.2),
    ("mysql_query", 0.7),
    ("chr", 0.3),
    ("die", 0.35),
    ("print", 0.25),
    ("sleep", 0.35),
    ("usleep", 0.5),
    ("set_time_limit", 0.6),
    ("apc_fetch", 0.5),
    ("posix_getuid", 0.7),
    ("php_uname", 0.8),
    ("get_current_user", 0.7),
    ("curl_exec", 0.7),
    ("fsockopen", 0.8),
    ("symlink", 0.5),
    ("dl", 0.2),
    ("opendir", 0.6),
    ("session_start", 0.6),
    ("gethostbyname", 0.4),
];

/// Signs that need no bracket.
static SIGNS: LazyLock<Signs> = LazyLock::new(|| Signs::new(SIGN_LIST));

const SIGN_LIST: &[(&str, f32)] = &[
    ("<?php", 0.8),
    ("<?=", 0.6),
    ("[php]", 0.6),
    ("[/php]", 0.6),
    ("http_get_vars", 0.6),
    ("http_post_vars", 0.6),
    ("http_cookie_vars", 0.6),
    ("http_server_vars", 0.6),
    ("http_env_vars", 0.6),
    ("http_post_files", 0.6),
    ("http_request_vars", 0.6),
    ("$argv", 0.55),
    ("$argc", 0.55),
    ("$this->", 0.4),
    ("@{[", 0.6),
    ("process.spawn", 0.7),
    ("kernel.spawn", 0.7),
    ("kernel.system", 0.8),
    ("kernel.open", 0.7),
    ("io.sysopen", 0.7),
    ("io.binread", 0.6),
    ("file.read(", 0.5),
    ("open3.capture", 0.8),
    ("pty.spawn", 0.8),
    ("net::http", 0.5),
    ("%x(", 0.5),
    ("%x{", 0.6),
    (".instance_eval", 0.7),
    (".class_eval", 0.7),
    ("method_missing", 0.4),
    ("sys.modules", 0.7),
    ("os.environ", 0.6),
    ("importlib.", 0.6),
    ("pickle.loads", 0.7),
    ("yaml.load(", 0.6),
    ("ctypes.", 0.5),
    ("runtime.getruntime", 0.9),
    ("vm.runin", 0.8),
    ("fs.readfile", 0.7),
    ("fs.writefile", 0.7),
    ("globalthis.", 0.5),
    ("this.constructor.constructor", 0.9),
    ("new function(", 0.6),
    ("deno.run", 0.7),
    ("bun.spawn", 0.7),
    ("<? ", 0.4),
    ("$_get", 0.7),
    ("$_post", 0.7),
    ("$_request", 0.7),
    ("$_server", 0.7),
    ("$_cookie", 0.6),
    ("$_session", 0.6),
    ("$_files", 0.6),
    ("$_env", 0.6),
    ("$globals", 0.7),
    ("http_raw_post_data", 0.6),
    ("{${", 0.5),
    ("${@", 0.7),
    ("php_value", 0.5),
    ("auto_prepend_file", 0.8),
    ("allow_url_include", 0.8),
    ("disable_functions", 0.6),
    ("safe_mode", 0.3),
    ("java.lang.runtime", 0.85),
    ("java.lang.process", 0.85),
    ("java.lang.", 0.5),
    ("getruntime()", 0.85),
    ("class.module.classloader", 0.95),
    ("class.classloader", 0.9),
    ("classloader.resources", 0.9),
    ("java.io.", 0.5),
    ("java.net.", 0.4),
    ("javax.script", 0.8),
    ("org.apache.", 0.3),
    ("ognl.", 0.7),
    ("#_memberaccess", 0.9),
    ("xwork.", 0.7),
    ("@java.", 0.8),
    ("#context[", 0.8),
    ("redirect:${", 0.9),
    ("action:${", 0.8),
    ("redirectaction:", 0.6),
    ("child_process", 0.85),
    ("process.mainmodule", 0.9),
    ("process[mainmodule", 0.8),
    ("process[", 0.5),
    ("process.env", 0.6),
    ("process.binding", 0.9),
    ("require('", 0.45),
    ("require(\"", 0.5),
    ("module.exports", 0.6),
    ("global.process", 0.8),
    ("constructor.constructor", 0.8),
    ("require.main", 0.8),
    ("console.log(", 0.4),
    ("console.info", 0.5),
    ("console.error(", 0.4),
    ("console.debug", 0.5),
    ("console[", 0.55),
    ("require[", 0.55),
    ("global[", 0.5),
    ("function(){", 0.4),
    ("constructor._load", 0.8),
    ("import os", 0.5),
    ("os.system", 0.85),
    ("os.popen", 0.85),
    ("subprocess.", 0.7),
    ("__builtins__", 0.85),
    ("__globals__", 0.85),
    ("__subclasses__", 0.9),
    ("import socket", 0.7),
    ("pty.spawn", 0.9),
    ("socket.socket", 0.7),
    ("io.popen", 0.7),
    ("os.execute", 0.8),
    ("kernel.exec", 0.8),
    ("tcpsocket", 0.6),
    ("use socket;", 0.8),
    ("import time", 0.4),
    ("time.sleep(", 0.5),
    ("compile('", 0.5),
];

/// Looks at one view.
pub fn judge(text: &[u8], place: Place, hits: &mut Hits) {
    shellshock(text, hits);
    let scale = match place {
        // Stack traces and messages of programs are full of it.
        Place::Log => 0.4,
        Place::UserAgent | Place::Referer => 0.7,
        _ => 1.0,
    };
    for sign in SIGNS.find(text) {
        hits.add(
            Class::Code,
            "code.sign",
            sign.weight * scale,
            (sign.begin, sign.end),
        );
    }
    calls(text, scale, hits);
    runs_java(text, scale, hits);
    defines_function(text, scale, hits);
    superglobal(text, hits);
    // `?>` ends what `<?` began somewhere before the text.
    let end = text.trim_ascii_end();
    if place == Place::Value && end.ends_with(b"?>") && !has(text, b"<?") {
        hits.add(Class::Code, "code.sign", 0.5, (end.len() - 2, end.len()));
    }
}

/// `function() {`, `new Function (`: source code of JavaScript, of whatever runs it.
fn defines_function(text: &[u8], scale: f32, hits: &mut Hits) {
    const WORD: &[u8] = b"function";
    let mut at = 0;
    for _ in 0..8 {
        let Some(begin) = find(text, WORD, at) else {
            return;
        };
        at = begin + WORD.len();
        let name = skip(text, skip(text, at, is_white), is_name);
        let open = skip(text, name, is_white);
        if text.get(open) != Some(&b'(') {
            continue;
        }
        let before = text[..begin].trim_ascii_end();
        let made = before.len() < begin && before.to_ascii_lowercase().ends_with(b"new");
        let near = &text[..text.len().min(open + 128)];
        let body = find(near, b")", open).map(|close| skip(near, close + 1, is_white));
        if made || body.is_some_and(|body| near.get(body) == Some(&b'{')) {
            hits.add(Class::Code, "code.function", 0.6 * scale, (begin, open + 1));
        }
    }
}

/// `$_S ERVER['x']`: a variable of PHP with white space in its name, which filters that drop it let through.
fn superglobal(text: &[u8], hits: &mut Hits) {
    const NAMES: &[&[u8]] = &[
        b"server[",
        b"get[",
        b"post[",
        b"request[",
        b"cookie[",
        b"session[",
        b"files[",
        b"env[",
    ];
    let Some(begin) = find(text, b"$_", 0) else {
        return;
    };
    let near = text[begin + 2..].iter().take(24).filter(|b| !is_white(**b));
    let near: Vec<u8> = near.map(u8::to_ascii_lowercase).collect();
    if NAMES.iter().any(|name| near.starts_with(name)) {
        hits.add(
            Class::Code,
            "code.variable",
            0.65,
            (begin, text.len().min(begin + 16)),
        );
    }
}

/// `java.lang.….Runtime`, with whatever between: a class of Java, and what runs commands.
fn runs_java(text: &[u8], scale: f32, hits: &mut Hits) {
    let Some(begin) = find(text, b"java.", 0) else {
        return;
    };
    let near = &text[..text.len().min(begin + 512)];
    for word in [&b"runtime"[..], b"processbuilder"] {
        if let Some(at) = find(near, word, begin) {
            hits.add(
                Class::Code,
                "code.java",
                0.6 * scale,
                (begin, at + word.len()),
            );
        }
    }
}

fn calls(text: &[u8], scale: f32, hits: &mut Hits) {
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'(' || at == 0 {
            continue;
        }
        let (begin, end) = name_before(text, at);
        if at - end > 8 || end - begin > 24 || begin == end {
            continue;
        }
        let name = String::from_utf8_lossy(&text[begin..end]).to_ascii_lowercase();
        let Some((_, weight)) = CALLS.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let inside = skip(text, at + 1, is_white);
        let argument = match text.get(inside) {
            Some(b'\'' | b'"' | b'$' | b'`' | b'<' | b'_' | b'@') => 0.2,
            Some(b')') => -0.1,
            Some(_) if !is_white(text[at - 1]) => 0.0,
            _ => -0.15,
        };
        let nested = text[at + 1..text.len().min(at + 64)]
            .iter()
            .any(|b| matches!(b, b'(' | b'`'));
        let weight = weight + argument + if nested { 0.1 } else { 0.0 };
        hits.add(
            Class::Code,
            "code.call",
            (weight * scale).clamp(0.0, 0.95),
            (begin, text.len().min(at + 24)),
        );
    }
}

/// White space, or what stands for it where that is no character of the protocol.
fn is_gap(byte: u8) -> bool {
    is_white(byte) || matches!(byte, b'.' | b'+')
}

/// `() { :; };`: a function's definition where a variable should be.
fn shellshock(text: &[u8], hits: &mut Hits) {
    let mut at = 0;
    for _ in 0..8 {
        let Some(found) = find(text, b"()", at) else {
            return;
        };
        at = found + 2;
        let brace = skip(text, at, is_gap);
        if text.get(brace) != Some(&b'{') {
            continue;
        }
        let before = found == 0 || !is_name(text[found - 1]);
        let body = &text[brace + 1..text.len().min(brace + 128)];
        let first = skip(body, 0, is_gap);
        let weight = match () {
            () if before
                && (starts(body, first, b":;")
                    || starts(body, first, b": ;")
                    || starts(body, first, b"_;")
                    || starts(body, first, b"ignored;")
                    || starts(body, first, b"_ ;")) =>
            {
                0.95
            }
            () if before && (has(body, b"};") || has(body, b"; }") || has(body, b">_[$")) => 0.8,
            () if before && found == 0 => 0.6,
            () => continue,
        };
        hits.add(
            Class::Shellshock,
            "shellshock.function",
            weight,
            (found, brace + 1 + body.len().min(24)),
        );
    }
}
