//! The secrets: where they lie, and a person who is asked when nobody says it.

use crate::power::access::{Access, Password};
use crate::power::fleet::Login;
use crate::power::stop::Stop;
use console::Term;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::plugin::{CredentialSource, CredentialsByScheme, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use std::sync::Arc;

/// How long a password or K_g may be, in bytes (IPMI 2.0, section 22.30).
const SECRET_BYTES_MAX: usize = 20;

/// As whom to log in, and who resolves the secrets.
pub struct Credentials {
    pub login: Login,
    pub source: Arc<dyn CredentialSource>,
}

impl Credentials {
    /// Finds out as whom to log in. Simulated BMCs have a user and a password of their own.
    pub async fn new(access: &Access, simulated: Option<(&str, &str)>, stop: &mut Stop) -> Result<Self> {
        let variable = |name: &str| if simulated.is_some() { None } else { std::env::var(name).ok() };
        let known = StaticCredentials::default();
        let (username, unsaid) = match simulated {
            Some((user, password)) => {
                (access.username(|_| Some(user.to_owned()))?, Some(password.to_owned()))
            }
            None => (access.username(variable)?, None),
        };
        let password = match access.password(variable)? {
            Password::Lies(place) => place,
            Password::Unsaid => {
                let text = match unsaid {
                    Some(text) => text,
                    None => ask_for_password(&username, stop).await?,
                };
                known.insert("password", Secret::new(text));
                SecretRef::new("static:password")?
            }
        };
        let login = Login { username, password, kg: access.kg()?, by_privilege: access.lookup_by_privilege };
        let source: Arc<dyn CredentialSource> =
            Arc::new(CredentialsByScheme::usual().with("static", Arc::new(known)));
        check(source.as_ref(), &login).await?;
        Ok(Self { login, source })
    }
}

/// Looks that the secrets are there before anybody is asked.
async fn check(source: &dyn CredentialSource, login: &Login) -> Result<()> {
    for reference in std::iter::once(&login.password).chain(&login.kg) {
        let length = source.resolve(reference).await?.expose().len();
        // K_g may also be two digits for a byte, behind 0x; the driver looks closely.
        let most =
            if Some(reference) == login.kg.as_ref() { 2 + 2 * SECRET_BYTES_MAX } else { SECRET_BYTES_MAX };
        if !(1..=most).contains(&length) {
            let message = format!("the secret of {reference} has {length} bytes");
            return Err(Error::invalid(message)
                .with_remedy(format!("use 1 to {SECRET_BYTES_MAX}: IPMI has no longer one")));
        }
    }
    Ok(())
}

/// Asks on the terminal, without an echo.
async fn ask_for_password(username: &str, stop: &mut Stop) -> Result<String> {
    let terminal = Term::stderr();
    let nobody = || {
        Error::invalid(format!("nobody said the password of {username}"))
            .with_remedy("name where it lies with --password-env or --password-file, or set IPMI_PASSWORD")
    };
    if !terminal.is_term() {
        return Err(nobody());
    }
    let question = format!("password of {username}: ");
    let mut read = tokio::task::spawn_blocking(move || {
        terminal.write_str(&question)?;
        terminal.read_secure_line()
    });
    let password = tokio::select! {
        password = &mut read => password,
        () = stop.asked() => {
            // Who reads holds the terminal's echo, and gives it back when a line has come.
            eprintln!("\nstopped: press Enter");
            drop(read.await);
            return Err(Error::new(ErrorKind::Cancelled, "stopped, so nothing was sent"));
        }
    };
    match password {
        Ok(Ok(password)) if !password.is_empty() => Ok(password),
        _ => Err(nobody()),
    }
}
