//! ARNs of Lambda functions.

/// The parts of `arn:<partition>:lambda:<region>:<account>:function:<name>[:<qualifier>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LambdaArn<'a> {
    /// `eu-central-1`.
    pub(super) region: &'a str,
    /// Twelve digits.
    pub(super) account: &'a str,
    /// The function's name.
    pub(super) name: &'a str,
    /// Alias, version number or `$LATEST`; empty when there is none.
    pub(super) qualifier: &'a str,
}

impl<'a> LambdaArn<'a> {
    /// Reads an ARN; `None` for any other text.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let mut next = || parts.next();
        let is_lambda = next()? == "arn" && next()?.starts_with("aws") && next()? == "lambda";
        let (region, account) = (next()?, next()?);
        let is_function = next()? == "function";
        let name = next()?;
        let qualifier = next().unwrap_or("");
        let is_whole = next().is_none();
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let sound = is_lambda && is_function && is_whole && is_account;
        (sound && !region.is_empty() && !name.is_empty()).then_some(Self {
            region,
            account,
            name,
            qualifier,
        })
    }

    /// The version the qualifier names: a number or `$LATEST`; an alias names none.
    pub(super) fn version(&self) -> Option<&'a str> {
        let is_number =
            !self.qualifier.is_empty() && self.qualifier.bytes().all(|b| b.is_ascii_digit());
        (is_number || self.qualifier == "$LATEST").then_some(self.qualifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_gives_account_region_and_name_without_the_qualifier() {
        let arn = "arn:aws:lambda:eu-central-1:123456789012:function:checkout:live";
        let parsed = LambdaArn::parse(arn).unwrap();
        assert_eq!(
            (parsed.account, parsed.region),
            ("123456789012", "eu-central-1")
        );
        assert_eq!((parsed.name, parsed.qualifier), ("checkout", "live"));
        assert_eq!(parsed.version(), None);
        let latest = "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:$LATEST";
        assert_eq!(LambdaArn::parse(latest).unwrap().version(), Some("$LATEST"));
    }

    #[test]
    fn other_arns_and_hostile_text_are_no_function() {
        for text in [
            "",
            "arn:aws:s3:::bucket",
            "arn:aws:lambda:eu-central-1:123456789012:function:",
            "arn:aws:lambda:eu-central-1:123:function:f",
            "arn:aws:lambda:eu-central-1:123456789012:layer:f",
            "arn:aws:lambda:eu-central-1:123456789012:function:f:1:2",
            "::::::::",
        ] {
            assert_eq!(LambdaArn::parse(text), None, "{text}");
        }
    }
}
