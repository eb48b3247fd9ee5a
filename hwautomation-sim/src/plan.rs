//! What a rack is to be made of.

use crate::model::bios::Bios;
use crate::model::bmc::Bmc;
use crate::model::hardware::Hardware;
use crate::model::lan::{Lan, LanSource};
use crate::model::machine::Machine;
use crate::model::power::Stage;
use crate::model::preset::supermicro_x11;
use crate::model::record::Record;
use crate::model::state::State;
use crate::model::tempo::Tempo;
use crate::model::users::User;
use crate::rack::Rack;
use crate::secret;
use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// How many servers a rack may have: its nominal addresses come from one network of 254.
pub const SERVERS_MAX: usize = 200;
/// The last part of the first server's BMC and host addresses.
const FIRST_ADDRESS: u8 = 51;
/// What MAAS asks of a BMC when nothing else is said (its IPMI power driver).
const IPMI_PARAMETERS: [(&str, &str); 7] = [
    ("power_driver", "LAN_2_0"),
    ("power_boot_type", "auto"),
    ("power_off_mode", "hard"),
    ("cipher_suite_id", "3"),
    ("privilege_level", "OPERATOR"),
    ("k_g", ""),
    ("mac_address", ""),
];

/// Says what a rack is made of.
///
/// Defaults: no server, [`Tempo::quick`], nothing kept.
#[derive(Debug, Clone, Default)]
pub struct RackPlan {
    servers: Vec<ServerPlan>,
    spares: Vec<Ipv4Addr>,
    tempo: Tempo,
    keep: Option<PathBuf>,
}

/// Says what one server is.
///
/// Defaults: device type `a1.c5.large`, a Supermicro board, BMC `192.168.1.51` and up, host `192.168.2.51` and up, BMC user `ADMIN` with a random
/// password; MAAS knows it as New with the BMC's address and credentials.
#[derive(Debug, Clone)]
pub struct ServerPlan {
    name: String,
    device_type: String,
    system_id: Option<String>,
    hardware: Option<Hardware>,
    bios: Option<Bios>,
    bmc_address: Option<Ipv4Addr>,
    host_address: Option<Ipv4Addr>,
    bmc_user: String,
    bmc_password: Option<String>,
}

impl RackPlan {
    /// Returns a plan of a rack without servers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a plan of `srv001` and up.
    pub fn servers(count: usize) -> Self {
        (1..=count).fold(Self::new(), |plan, number| plan.server(ServerPlan::new(format!("srv{number:03}"))))
    }

    /// Adds a server.
    #[must_use]
    pub fn server(mut self, server: ServerPlan) -> Self {
        self.servers.push(server);
        self
    }

    /// Adds a nominal address that a BMC may be moved to.
    #[must_use]
    pub fn spare_bmc_address(mut self, address: Ipv4Addr) -> Self {
        self.spares.push(address);
        self
    }

    /// Says how long things take.
    #[must_use]
    pub fn tempo(self, tempo: Tempo) -> Self {
        Self { tempo, ..self }
    }

    /// Keeps the hardware in a file, and its log in `FILE.log`.
    ///
    /// When the file exists, the rack goes on from there: what the plan says of servers and addresses counts only for a new file.
    #[must_use]
    pub fn keep(self, file: impl Into<PathBuf>) -> Self {
        Self { keep: Some(file.into()), ..self }
    }

    /// Starts the rack on sockets of this machine's loopback interface.
    ///
    /// # Errors
    /// A plan that cannot be (too many servers, a name or address twice), a socket that cannot be bound, a kept file that cannot be read.
    pub async fn start(self) -> io::Result<Rack> {
        Rack::start(self).await
    }

    pub(crate) fn kept_in(&self) -> Option<&std::path::Path> {
        self.keep.as_deref()
    }

    /// Makes the rack that the plan describes.
    pub(crate) fn state(&self) -> io::Result<State> {
        if self.servers.len() > SERVERS_MAX {
            return Err(wrong(&format!(
                "a rack has at most {SERVERS_MAX} servers, and not {}",
                self.servers.len()
            )));
        }
        let machines = (0..).zip(&self.servers).map(|(number, server)| server.machine(number, self.tempo));
        let machines = machines.collect::<io::Result<Vec<_>>>()?;
        let bmcs = machines.iter().map(|machine| machine.bmc.lan.address).chain(self.spares.iter().copied());
        unique("the BMC address", bmcs)?;
        unique("the host address", machines.iter().map(|machine| machine.host_address))?;
        unique("the name", machines.iter().map(|machine| &machine.name))?;
        unique("the system id", machines.iter().map(|machine| &machine.record.system_id))?;
        Ok(State {
            seed: secret::bytes()?,
            machines,
            tags: Vec::new(),
            access: secret::access()?,
            spare_bmc_addresses: self.spares.clone(),
            next_result_id: 0,
            next_order: 0,
            fresh: Vec::new(),
            now: 0,
        })
    }
}

impl ServerPlan {
    /// Returns a plan of a server with a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            device_type: "a1.c5.large".to_owned(),
            system_id: None,
            hardware: None,
            bios: None,
            bmc_address: None,
            host_address: None,
            bmc_user: "ADMIN".to_owned(),
            bmc_password: None,
        }
    }

    /// Says which kind of device it is.
    #[must_use]
    pub fn device_type(self, text: impl Into<String>) -> Self {
        Self { device_type: text.into(), ..self }
    }

    /// Says what MAAS calls it. The default is random.
    #[must_use]
    pub fn system_id(self, text: impl Into<String>) -> Self {
        Self { system_id: Some(text.into()), ..self }
    }

    /// Says what it is made of.
    #[must_use]
    pub fn hardware(self, hardware: Hardware) -> Self {
        Self { hardware: Some(hardware), ..self }
    }

    /// Says what its firmware settings are.
    #[must_use]
    pub fn bios(self, bios: Bios) -> Self {
        Self { bios: Some(bios), ..self }
    }

    /// Says where its BMC answers: a nominal address.
    #[must_use]
    pub fn bmc_address(self, address: Ipv4Addr) -> Self {
        Self { bmc_address: Some(address), ..self }
    }

    /// Says which address its environments get: a nominal one.
    #[must_use]
    pub fn host_address(self, address: Ipv4Addr) -> Self {
        Self { host_address: Some(address), ..self }
    }

    /// Says who the BMC's administrator is.
    #[must_use]
    pub fn bmc_user(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { bmc_user: name.into(), bmc_password: Some(password.into()), ..self }
    }

    pub(crate) fn machine(&self, number: u8, tempo: Tempo) -> io::Result<Machine> {
        let hardware = self.hardware.clone().unwrap_or_else(|| Hardware::supermicro(u16::from(number) + 1));
        let place = FIRST_ADDRESS + number;
        let address = self.bmc_address.unwrap_or(Ipv4Addr::new(192, 168, 1, place));
        let password = self.bmc_password.clone().map_or_else(secret::password, Ok)?;
        let system_id = self.system_id.clone().map_or_else(secret::system_id, Ok)?;
        let bmc = Bmc::new(
            lan(address, hardware.mac),
            secret::bytes()?,
            User::administrator(&self.bmc_user, &password),
        );
        let record = Record::new(system_id, power_parameters(address, &self.bmc_user, &password));
        Ok(Machine {
            name: self.name.clone(),
            device_type: self.device_type.clone(),
            hardware,
            bmc,
            bmc_address_racked: address,
            bios: self.bios.clone().unwrap_or_else(supermicro_x11),
            host_address: self.host_address.unwrap_or(Ipv4Addr::new(192, 168, 2, place)),
            record,
            tempo,
            boots: 0,
            key_changes: 0,
            stage: Stage::Off,
            edge: None,
            touched: true,
            screen: Default::default(),
            now: 0,
            happened: Vec::new(),
        })
    }
}

/// The BMC has the next hardware address but 128, so that it never is another server's.
fn lan(address: Ipv4Addr, mut mac: [u8; 6]) -> Lan {
    mac[3] |= 0x80;
    let [a, b, c, _] = address.octets();
    Lan {
        source: LanSource::Static,
        address,
        mask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Ipv4Addr::new(a, b, c, 1),
        mac,
        vlan: None,
    }
}

fn power_parameters(address: Ipv4Addr, user: &str, password: &str) -> BTreeMap<String, serde_json::Value> {
    let address = address.to_string();
    let own = [("power_address", address.as_str()), ("power_user", user), ("power_pass", password)];
    let texts = IPMI_PARAMETERS.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value.into()));
    texts.chain([("workaround_flags".to_owned(), serde_json::json!(["opensesspriv"]))]).collect()
}

fn unique<T: Ord + std::fmt::Display>(what: &str, all: impl Iterator<Item = T>) -> io::Result<()> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    match all.windows(2).find(|two| two.first() == two.last()).and_then(<[T]>::first) {
        Some(twice) => Err(wrong(&format!("{what} {twice} is in the plan twice"))),
        None => Ok(()),
    }
}

fn wrong(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
