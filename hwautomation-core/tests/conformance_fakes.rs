//! The fakes and the built-in credential sources keep the contracts.

mod credential_fixtures;
mod rack_fixture;

mod power {
    hwautomation_core::power_conformance!(crate::rack_fixture::RackFixture::new());
}

mod fleet {
    hwautomation_core::fleet_conformance!(crate::rack_fixture::RackFixture::new());
}

mod boot {
    hwautomation_core::boot_conformance!(crate::rack_fixture::RackFixture::running());
}

mod bios {
    hwautomation_core::bios_conformance!(crate::rack_fixture::RackFixture::running());
}

mod bmc {
    hwautomation_core::bmc_conformance!(crate::rack_fixture::RackFixture::running());
}

mod health {
    hwautomation_core::health_conformance!(crate::rack_fixture::RackFixture::running());
}

mod commissioner {
    hwautomation_core::commissioner_conformance!(crate::rack_fixture::RackFixture::new());
}

mod shell {
    hwautomation_core::shell_conformance!(crate::rack_fixture::RackFixture::running());
}

mod static_credentials {
    hwautomation_core::credential_conformance!(crate::credential_fixtures::in_memory());
}

mod env_credentials {
    hwautomation_core::credential_conformance!(crate::credential_fixtures::in_the_environment());
}

mod file_credentials {
    hwautomation_core::credential_conformance!(crate::credential_fixtures::in_a_file());
}

mod credentials_by_scheme {
    hwautomation_core::credential_conformance!(crate::credential_fixtures::by_scheme());
}

mod contracts {
    use hwautomation_core::testing::conformance as suite;

    /// The clauses that a trait's documentation promises: the names that begin its bullets, two where two
    /// share one.
    fn bullets(source: &str) -> Vec<&str> {
        let (_, contract) = source.split_once("/// # Contract").expect("the file documents a contract");
        let lines = contract.lines().take_while(|line| line.is_empty() || line.starts_with("///"));
        let bullets = lines.filter_map(|line| line.strip_prefix("/// - `"));
        let names = bullets.flat_map(|bullet| {
            let end = bullet.find(':').unwrap_or(bullet.len());
            bullet[..end].split(" and `").map(|name| name.trim_end_matches(['.', '`']))
        });
        names.collect()
    }

    #[test]
    fn every_bullet_of_a_contract_is_a_clause_and_every_clause_a_bullet() {
        for (source, clauses) in [
            (include_str!("../src/plugin/power.rs"), suite::power::CLAUSES),
            (include_str!("../src/plugin/fleet.rs"), suite::fleet::CLAUSES),
            (include_str!("../src/plugin/boot.rs"), suite::boot::CLAUSES),
            (include_str!("../src/plugin/bios.rs"), suite::bios::CLAUSES),
            (include_str!("../src/plugin/bmc.rs"), suite::bmc::CLAUSES),
            (include_str!("../src/plugin/health/mod.rs"), suite::health::CLAUSES),
            (include_str!("../src/plugin/commissioner.rs"), suite::commissioner::CLAUSES),
            (include_str!("../src/plugin/shell.rs"), suite::shell::CLAUSES),
            (include_str!("../src/plugin/credential.rs"), suite::credential::CLAUSES),
        ] {
            assert_eq!(bullets(source), clauses);
        }
    }
}
