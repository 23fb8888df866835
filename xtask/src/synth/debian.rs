// SPDX-License-Identifier: MIT OR Apache-2.0
//! The open Artix-7 tools, from Debian's packages.
//!
//! There are no wheels of them, and stable Debian does not have them yet. So the packages of the release after it are fetched with `apt-get`
//! (which checks the archive's signature and the files' sums) with a state of its own below `.tools/debian`, unpacked there with everything they
//! need down to the C library, and started through that library's own loader. Nothing of the system is changed, and no rights are needed.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{root, step};

/// The release that has them.
const SUITE: &str = "forky";

/// What is fetched, and the version it was tried with.
const PACKAGES: [(&str, &str); 3] = [
    ("nextpnr-himbaechel-xilinx", "0.11.1+dfsg-5+b1"),
    ("prjxray", "0.1+git3356.gc9f02d85+~db20211214.g0a0added-4"),
    ("prjxray-database", "0.1+git3356.gc9f02d85+~db20211214.g0a0added-4"),
];

/// Unpacked, but of no use here: half a gigabyte of other families and dies.
const LEFT_OUT: [&str; 7] = [
    "usr/share/prjxray/database/kintex7",
    "usr/share/prjxray/database/spartan7",
    "usr/share/prjxray/database/zynq7",
    "usr/share/nextpnr/himbaechel/xilinx/chipdb-xc7a200t.bin",
    "usr/share/nextpnr/himbaechel/xilinx/chipdb-xc7s50.bin",
    "usr/share/nextpnr/himbaechel/xilinx/chipdb-xc7z010.bin",
    "usr/share/nextpnr/himbaechel/xilinx/chipdb-xc7z020.bin",
];

/// The unpacked packages.
pub struct Debian {
    root: PathBuf,
}

impl Debian {
    /// What is there, if set-up was done.
    pub fn found() -> Option<Self> {
        let stamp = fs::read_to_string(folder().join("stamp")).ok()?;
        (stamp == wanted()).then(|| Self { root: folder().join("root") })
    }

    /// What is there, or is fetched now. A second call does nothing.
    pub fn set_up() -> Result<Self> {
        if let Some(found) = Self::found() {
            return Ok(found);
        }
        eprintln!(
            "set-up: fetching nextpnr and Project X-Ray from Debian {SUITE} into .tools/debian (31 MB, 350 MB unpacked)"
        );
        let folder = folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
        }
        let files = fetch(&folder)?;
        let versions = versions(&files);
        let root = folder.join("root");
        for file in &files {
            step(Command::new("dpkg-deb").arg("--extract").arg(file).arg(&root))?;
        }
        for path in LEFT_OUT {
            let path = root.join(path);
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.with_context(|| format!("removing {}", path.display()))?;
        }
        fs::remove_dir_all(folder.join("cache")).context("removing the packages")?;
        let debian = Self { root };
        // nextpnr looks for its files beside the program that runs, and that is the loader.
        fs::copy(debian.libraries()?.join(loader(&debian.libraries()?)?), debian.root.join("usr/bin/ld.so"))
            .context("copying the loader")?;
        fs::write(folder.join("versions"), versions.join(", ")).context("writing the versions")?;
        fs::write(folder.join("stamp"), wanted()).context("writing the stamp")?;
        Ok(debian)
    }

    /// One of the programs, ready for arguments.
    pub fn program(&self, name: &str) -> Result<Command> {
        let mut command = Command::new(self.root.join("usr/bin/ld.so"));
        command.arg("--inhibit-cache").arg("--library-path").arg(self.libraries()?);
        command.arg(self.root.join("usr/bin").join(name));
        // nextpnr runs Python inside, which looks for its library where the program was built for.
        command.env("PYTHONHOME", self.root.join("usr"));
        Ok(command)
    }

    /// The packages, for a report.
    pub fn versions(&self) -> Result<String> {
        fs::read_to_string(folder().join("versions")).context("reading the versions of the Artix-7 tools")
    }

    /// Project X-Ray's database of the family.
    pub fn artix7(&self) -> PathBuf {
        self.root.join("usr/share/prjxray/database/artix7")
    }

    /// `usr/lib/x86_64-linux-gnu`, whatever the machine.
    fn libraries(&self) -> Result<PathBuf> {
        let lib = self.root.join("usr/lib");
        for entry in fs::read_dir(&lib).with_context(|| format!("reading {}", lib.display()))? {
            let path = entry.context("reading a folder")?.path();
            if path.is_dir() && loader(&path).is_ok() {
                return Ok(path);
            }
        }
        bail!("no C library below {}", lib.display())
    }
}

fn folder() -> PathBuf {
    root().join(".tools/debian")
}

/// The stamp: what is installed, in a reader's words.
fn wanted() -> String {
    format!("{SUITE}: {}\n", PACKAGES.map(|(name, _)| name).join(" "))
}

/// The loader's file in a folder of libraries.
fn loader(libraries: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(libraries).context("reading a folder")? {
        let name = entry.context("reading a folder")?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with("ld-linux") && text.contains(".so.") {
            return Ok(name.into());
        }
    }
    bail!("no loader in {}", libraries.display())
}

/// Downloads the packages and all they depend on.
fn fetch(folder: &Path) -> Result<Vec<PathBuf>> {
    for sub in ["state/lists/partial", "cache/archives/partial", "root"] {
        let path = folder.join(sub);
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
    }
    // An empty list of installed packages: all of the dependencies are missing, so all are fetched.
    fs::write(folder.join("state/status"), "").context("writing apt's state")?;
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    ensure!(
        Path::new(keyring).is_file(),
        "no {keyring}: on a machine that is not Debian, install debian-archive-keyring"
    );
    let source = format!("deb [signed-by={keyring}] {} {SUITE} main\n", mirror()?);
    fs::write(folder.join("sources.list"), source).context("writing apt's sources")?;
    fs::write(folder.join("apt.conf"), configuration(folder)).context("writing apt's configuration")?;
    let apt = || {
        let mut command = Command::new("apt-get");
        command.arg("--quiet").arg("--config-file").arg(folder.join("apt.conf"));
        command
    };
    step(apt().arg("update"))?;
    step(
        apt()
            .args(["install", "--yes", "--no-install-recommends", "--download-only"])
            .args(PACKAGES.map(|(name, _)| name)),
    )?;
    let archives = folder.join("cache/archives");
    let mut files = vec![];
    for entry in fs::read_dir(&archives).with_context(|| format!("reading {}", archives.display()))? {
        let path = entry.context("reading a folder")?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            files.push(path);
        }
    }
    ensure!(files.len() >= PACKAGES.len(), "apt-get fetched only {} packages", files.len());
    files.sort();
    Ok(files)
}

/// apt's own words for: all state below our folder, and no hooks of the machine's, which are meant for its own packages.
fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Dir::State \"{folder}/state\";\nDir::State::status \"{folder}/state/status\";\nDir::Cache \"{folder}/cache\";\n\
         Dir::Etc::sourcelist \"{folder}/sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
         Acquire::Languages \"none\";\nAPT::Sandbox::User \"\";\n#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n\
         #clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Pre-Invoke;\n#clear DPkg::Post-Invoke;\n#clear DPkg::Pre-Install-Pkgs;\n\
         #clear Acquire::IndexTargets::deb::DEP-11;\n#clear Acquire::IndexTargets::deb::DEP-11-icons;\n"
    )
}

/// Where this machine gets Debian's packages from, or SYNCLINE_DEBIAN.
fn mirror() -> Result<String> {
    if let Ok(mirror) = std::env::var("SYNCLINE_DEBIAN") {
        return Ok(mirror);
    }
    let targets = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI)", "Identifier: Packages", "Origin: Debian"])
        .output()
        .context("running apt-get: the open Artix-7 tools come as Debian packages")?;
    let text = String::from_utf8_lossy(&targets.stdout);
    let found = text.lines().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    Ok(found
        .context("apt has no source of Debian's packages: name one in SYNCLINE_DEBIAN, as in sources.list")?
        .to_owned())
}

/// What was fetched. The release moves until it is stable: a newer package may work as well, but was not tried, and that is said.
fn versions(files: &[PathBuf]) -> Vec<String> {
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    let version = |(name, tried): (&str, &str)| {
        let start = format!("{name}_");
        let found = names.iter().filter_map(|file| file.strip_prefix(&start)?.split('_').next()).next();
        let found = found.unwrap_or("of an unknown version");
        if found != tried {
            eprintln!("set-up: {name} is {found}, tried was {tried}");
        }
        format!("{name} {found}")
    };
    PACKAGES.map(version).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_files() {
        let files = ["prjxray_0.2-1_amd64.deb", "prjxray-database_0.1-4_all.deb", "libc6_2.43-7_amd64.deb"];
        let found = versions(&files.map(|file| Path::new("/somewhere").join(file)));
        assert_eq!(found[0], "nextpnr-himbaechel-xilinx of an unknown version");
        assert_eq!(found[1..], ["prjxray 0.2-1", "prjxray-database 0.1-4"]);
    }

    #[test]
    fn all_of_apts_state_is_ours() {
        let text = configuration(Path::new("/ours"));
        for key in ["Dir::State", "Dir::State::status", "Dir::Cache", "Dir::Etc::sourcelist"] {
            let line = text.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap();
            assert!(line.contains("\"/ours/"), "{line}");
        }
        assert!(text.contains("Dir::Etc::sourceparts \"/dev/null\";"), "{text}");
    }
}
