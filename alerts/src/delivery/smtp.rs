//! A mail's way: a checked connection, TLS, a login, the mail.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, Identity, TlsParameters,
    TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::attempt::Result as Came;
use super::outlet::of_error;
use super::retry::{Failure, Outcome};
use crate::egress::{Connector, Error};
use crate::notify::Mail;

/// Longest time one mail may take, from the connection to the server's last word.
const PATIENCE: Duration = Duration::from_secs(60);

enum Fault {
    Egress(Error),
    Smtp(SmtpError),
    /// What we do not do, and why.
    Refused(&'static str),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Egress(error)
    }
}

impl From<SmtpError> for Fault {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}

/// Sends `mail` once.
pub async fn send(connector: &Connector, mail: &Mail) -> Came {
    let host = mail.smarthost.host.clone();
    let request = format!("SMTP {host}, {} bytes", mail.bytes.len());
    let sent = tokio::time::timeout(PATIENCE, attempt(connector, mail)).await;
    let (status, outcome, reason) = match sent {
        Ok(Ok(code)) => (Some(code), Outcome::Delivered, String::new()),
        Ok(Err(fault)) => meaning(fault, &host),
        Err(_) => {
            let error = Error::Timeout {
                host,
                limit: PATIENCE,
            };
            (None, of_error(&error), error.to_string())
        }
    };
    Came {
        request,
        status,
        outcome,
        reason,
    }
}

fn meaning(fault: Fault, host: &str) -> (Option<u16>, Outcome, String) {
    match fault {
        Fault::Egress(error) => (None, of_error(&error), error.to_string()),
        Fault::Refused(why) => (
            None,
            Outcome::failed(Failure::ClientError, true),
            why.to_owned(),
        ),
        Fault::Smtp(error) => {
            let code = error.status().map(u16::from);
            let (failure, again) = match code {
                // Passwords are mended while the mail waits.
                Some(530 | 534 | 535 | 538) => (Failure::AuthError, true),
                Some(421 | 450..=452) => (Failure::RateLimited, true),
                Some(400..=499) => (Failure::ServerError, true),
                Some(_) => (Failure::ClientError, false),
                None => (Failure::NetworkError, true),
            };
            let said = match code {
                Some(code) => format!("the mail server answered {code}"),
                // The library's words may repeat the server's; its kind is enough.
                None if error.is_tls() => format!("no secure connection to {host}"),
                None if error.is_client() => {
                    format!("{host} offers neither STARTTLS nor a login that we speak")
                }
                None => format!("the connection to {host} broke off"),
            };
            (code, Outcome::failed(failure, again), said)
        }
    }
}

async fn attempt(connector: &Connector, mail: &Mail) -> Result<u16, Fault> {
    let host = &mail.smarthost.host;
    let stream = connector.connect(host, mail.smarthost.port).await?;
    let near = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    let name = mail.tls.server_name.as_ref().unwrap_or(host);
    let hello = match mail.hello.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => ClientId::Ipv4(v4),
        Ok(IpAddr::V6(v6)) => ClientId::Ipv6(v6),
        Err(_) => ClientId::Domain(mail.hello.clone()),
    };
    let mut smtp = if mail.implicit_tls {
        let stream = wrapped(mail, name, stream).await?;
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
    } else {
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
    };
    let mut secure = mail.implicit_tls;
    if !secure && (mail.require_tls || smtp.can_starttls()) {
        if !smtp.can_starttls() {
            return Err(Fault::Refused(
                "require_tls is set, and the mail server offers no STARTTLS",
            ));
        }
        smtp.starttls(parameters(mail, name)?, &hello).await?;
        secure = true;
    }
    if let Some((user, password)) = &mail.login {
        if !secure && !near {
            return Err(Fault::Refused(
                "the password is not sent without TLS; set require_tls",
            ));
        }
        let login = Credentials::new(user.clone(), password.expose().to_owned());
        smtp.auth(&[Mechanism::Plain, Mechanism::Login], &login)
            .await?;
    }
    let code = smtp.send(&mail.envelope, &mail.bytes).await?.code();
    // It has the mail; a missing good-bye changes nothing.
    let _ = smtp.quit().await;
    Ok(code.into())
}

async fn wrapped(mail: &Mail, name: &str, stream: TcpStream) -> Result<Wrapped, Fault> {
    let config = mail.tls.config("tls_config")?;
    let tls = |why: String| Error::Tls {
        host: mail.smarthost.host.clone(),
        why,
    };
    let name = name.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(name).map_err(|error| tls(error.to_string()))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await;
    Ok(Wrapped(stream.map_err(|error| tls(error.to_string()))?))
}

fn parameters(mail: &Mail, name: &str) -> Result<TlsParameters, Fault> {
    let mut builder = TlsParametersBuilder::new(name.to_owned());
    if let Some(ca) = &mail.tls.ca {
        builder = builder.certificate_store(CertificateStore::None);
        builder = builder.add_root_certificate(Certificate::from_pem(ca)?);
    }
    if let Some((certificate, key)) = &mail.tls.identity {
        builder = builder.identify_with(Identity::from_pem(certificate, key)?);
    }
    Ok(builder.build_rustls()?)
}

/// TLS from the first byte; the mail library then speaks through it as if it were plain.
#[derive(Debug)]
struct Wrapped(TlsStream<TcpStream>);

impl AsyncTokioStream for Wrapped {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Wrapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
