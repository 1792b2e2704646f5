//! Words of SQL and its dialects.

/// What a word does in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Union,
    /// `all` and `distinct` after `union`.
    Quantity,
    Select,
    From,
    Where,
    Into,
    Order,
    By,
    Having,
    Limit,
    Procedure,
    Case,
    When,
    Then,
    End,
    Null,
    Not,
    In,
    Between,
    Is,
    As,
    Collate,
    Exists,
    Values,
    Set,
    /// Begins a statement, and says what must follow.
    Head(Head),
}

/// Statements by what follows their first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// `insert into`, `replace into`, `merge into`.
    Insert,
    /// `update t set`.
    Update,
    /// `delete from`.
    Delete,
    /// `drop table`, `create table`, `alter table`, `truncate table`.
    Define,
    /// `exec xp_cmdshell`, `call f(`, `execute immediate`.
    Run,
    /// `declare @x`.
    Declare,
    /// `waitfor delay '0:0:5'`.
    Wait,
    /// `grant x to`, `revoke`.
    Grant,
    /// `copy t to '…'`, `load data`, `backup database`, `attach database`, `handler t open`.
    Move,
    /// `shutdown`.
    Stop,
}

/// What a word is, in lower case; `None` is a name.
pub fn key(word: &str) -> Option<Key> {
    Some(match word {
        "union" | "intersect" | "except" | "minus" => Key::Union,
        "all" | "distinct" | "distinctrow" => Key::Quantity,
        "select" => Key::Select,
        "from" => Key::From,
        "where" => Key::Where,
        "into" => Key::Into,
        "order" | "group" => Key::Order,
        "by" => Key::By,
        "having" => Key::Having,
        "limit" | "offset" | "fetch" => Key::Limit,
        "procedure" => Key::Procedure,
        "case" => Key::Case,
        "when" => Key::When,
        "then" => Key::Then,
        "end" => Key::End,
        "null" | "true" | "false" => Key::Null,
        "not" => Key::Not,
        "in" => Key::In,
        "between" => Key::Between,
        "is" => Key::Is,
        "as" => Key::As,
        "collate" => Key::Collate,
        "exists" => Key::Exists,
        "values" => Key::Values,
        "set" => Key::Set,
        _ => Key::Head(head(word)?),
    })
}

fn head(word: &str) -> Option<Head> {
    Some(match word {
        "insert" | "replace" | "merge" => Head::Insert,
        "update" => Head::Update,
        "delete" => Head::Delete,
        "drop" | "create" | "alter" | "truncate" | "rename" => Head::Define,
        "exec" | "execute" | "call" | "do" => Head::Run,
        "declare" => Head::Declare,
        "waitfor" => Head::Wait,
        "grant" | "revoke" => Head::Grant,
        "copy" | "load" | "backup" | "restore" | "attach" | "handler" => Head::Move,
        "shutdown" => Head::Stop,
        _ => return None,
    })
}

/// Words that compare.
pub fn compares(word: &str) -> bool {
    matches!(
        word,
        "like" | "ilike" | "rlike" | "regexp" | "glob" | "sounds" | "similar"
    )
}

/// Words that join conditions.
pub fn joins(word: &str) -> bool {
    matches!(word, "and" | "or" | "xor")
}

/// Words that are operators between or before operands.
pub fn computes(word: &str) -> bool {
    matches!(word, "div" | "mod" | "binary" | "regexp_like")
}

/// Words that follow a word beginning a statement about objects.
pub fn is_object(word: &str) -> bool {
    matches!(
        word,
        "table"
            | "database"
            | "schema"
            | "view"
            | "index"
            | "user"
            | "login"
            | "role"
            | "function"
            | "procedure"
            | "proc"
            | "trigger"
            | "sequence"
            | "column"
            | "or"
            | "temporary"
            | "temp"
            | "unique"
            | "alias"
            | "aggregate"
            | "extension"
            | "tablespace"
            | "type"
            | "domain"
    )
}

/// Functions and names that only an attack asks for from outside: delays, errors that tell, files, shells.
pub fn strikes(name: &str) -> bool {
    matches!(
        name,
        "sleep"
            | "pg_sleep"
            | "pg_sleep_for"
            | "benchmark"
            | "extractvalue"
            | "updatexml"
            | "load_file"
            | "load_extension"
            | "randomblob"
            | "xp_cmdshell"
            | "xp_dirtree"
            | "xp_fileexist"
            | "xp_regread"
            | "sp_executesql"
            | "sp_oacreate"
            | "sp_password"
            | "openrowset"
            | "opendatasource"
            | "openquery"
            | "dbms_pipe"
            | "dbms_lock"
            | "dbms_ldap"
            | "dbms_xmlgen"
            | "dbms_utility"
            | "utl_http"
            | "utl_inaddr"
            | "utl_file"
            | "ctxsys"
            | "httpuritype"
            | "regexp_substring"
            | "generate_series"
            | "pg_read_file"
            | "lo_import"
            | "lo_export"
            | "lo_get"
            | "query_to_xml"
            | "database_to_xml"
            | "name_const"
            | "gtid_subset"
            | "sys_eval"
            | "sys_exec"
            | "make_set"
            | "json_keys"
            | "crypt_key"
            | "aes_decrypt"
            | "group_concat"
            | "concat_ws"
            | "xmltype"
            | "fn_xe_file_target_read_file"
    )
}

/// Tables and variables that describe the database itself.
pub fn describes(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    matches!(
        first,
        "information_schema"
            | "sysobjects"
            | "syscolumns"
            | "sysdatabases"
            | "sysusers"
            | "msysobjects"
            | "sqlite_master"
            | "sqlite_schema"
            | "pg_user"
            | "pg_shadow"
            | "pg_tables"
            | "pg_catalog"
            | "pg_database"
            | "all_tables"
            | "all_users"
            | "user_tables"
            | "sysibm"
            | "syscat"
            | "sysmaster"
            | "systables"
            | "rdb$database"
            | "rdb$relations"
            | "rdb$fields"
            | "v$version"
            | "all_tab_columns"
            | "user_tab_columns"
            | "dba_users"
    ) || matches!(
        name,
        "mysql.user"
            | "mysql.db"
            | "mysql.users"
            | "sys.tables"
            | "sys.objects"
            | "sys.databases"
            | "master..sysdatabases"
            | "master.dbo.sysdatabases"
            | "domain.domains"
            | "domain.tables"
    ) || name.starts_with("@@")
}

/// Whether a name is that of any common function.
pub fn is_function(name: &str) -> bool {
    hints(name)
        || strikes(name)
        || matches!(
            name,
            "abs"
                | "acos"
                | "asin"
                | "atan"
                | "avg"
                | "ceil"
                | "ceiling"
                | "cos"
                | "cot"
                | "day"
                | "dayname"
                | "default"
                | "format"
                | "hour"
                | "local"
                | "log"
                | "max"
                | "min"
                | "minute"
                | "month"
                | "pi"
                | "pow"
                | "power"
                | "quarter"
                | "radians"
                | "round"
                | "second"
                | "sign"
                | "sin"
                | "space"
                | "sqrt"
                | "sum"
                | "tan"
                | "time"
                | "trim"
                | "truncate"
                | "values"
                | "variance"
                | "week"
                | "year"
                | "std"
                | "stddev"
                | "crc32"
                | "des_decrypt"
                | "encrypt"
                | "password"
                | "sha"
                | "sha2"
                | "quote"
                | "rpad"
                | "lpad"
                | "soundex"
                | "in"
                | "least"
                | "greatest"
                | "interval"
                | "inet_aton"
                | "get_lock"
                | "is_free_lock"
                | "charset"
                | "collation"
                | "coercibility"
        )
}

const HINTS: &[&str] = &[
    "concat",
    "char",
    "chr",
    "nchar",
    "hex",
    "unhex",
    "ascii",
    "ord",
    "substring",
    "substr",
    "mid",
    "version",
    "database",
    "schema",
    "current_user",
    "session_user",
    "system_user",
    "user",
    "user_name",
    "db_name",
    "cast",
    "convert",
    "ifnull",
    "isnull",
    "nullif",
    "coalesce",
    "if",
    "iif",
    "elt",
    "md5",
    "sha1",
    "length",
    "len",
    "count",
    "floor",
    "rand",
    "exp",
    "row",
    "row_count",
    "upper",
    "lower",
    "left",
    "right",
    "reverse",
    "bin",
    "conv",
    "now",
    "sysdate",
    "found_rows",
    "last_insert_id",
    "current_setting",
    "json_depth",
    "json_extract",
    "json_valid",
    "array_agg",
    "to_char",
    "decode",
    "encode",
    "like",
    "likelihood",
    "unlikely",
    "string_agg",
    "json_array",
    "analyse",
    "zeroblob",
    "uuid",
    "overlay",
    "strcmp",
    "compress",
    "instr",
    "locate",
    "position",
    "repeat",
];

/// Functions that are ordinary in SQL and rare elsewhere: each says a little.
pub fn hints(name: &str) -> bool {
    HINTS.contains(&name)
}
