use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::{read_limited, write_atomic};

/// Largest settings file read: a thousand times what we write.
const MAX_SETTINGS_BYTES: u64 = 1 << 20;

/// Something in the settings file that was not taken; its default is used instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: [{section}] {message}", path.display())]
pub struct SettingsProblem {
    /// The file.
    pub path: PathBuf,
    /// The section.
    pub section: String,
    /// What is wrong and how to fix it.
    pub message: String,
}

/// The one settings file: a TOML table per room of the house, each read into its crate's `Settings`.
///
/// A bad section costs that section only. What no section claims is reported as unknown.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    table: toml::Table,
    claimed: Vec<String>,
    problems: Vec<SettingsProblem>,
}

impl SettingsFile {
    /// Reads the file; a missing one is empty, a broken one is a problem.
    pub fn open(path: &Path) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            table: toml::Table::new(),
            claimed: Vec::new(),
            problems: Vec::new(),
        };
        match read_limited(path, MAX_SETTINGS_BYTES) {
            Ok(Some(bytes)) => match String::from_utf8(bytes)
                .map_err(|err| err.to_string())
                .and_then(|text| text.parse::<toml::Table>().map_err(|err| err.to_string()))
            {
                Ok(table) => file.table = table,
                Err(message) => file.problem("", message),
            },
            Ok(None) => file.problem("", format!("the file is larger than {MAX_SETTINGS_BYTES} bytes")),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
            Err(err) => file.problem("", format!("cannot be read: {err}")),
        }
        file
    }

    /// Reads one section; what is missing or wrong becomes the default.
    ///
    /// `validate` returns what is out of range, one sentence each.
    pub fn section<T: DeserializeOwned + Default>(
        &mut self,
        name: &str,
        validate: impl Fn(&T) -> Vec<String>,
    ) -> T {
        self.claimed.push(name.to_owned());
        let Some(value) = self.table.get(name) else { return T::default() };
        match value.clone().try_into::<T>() {
            Ok(section) => {
                let wrong = validate(&section);
                if wrong.is_empty() {
                    return section;
                }
                for message in wrong {
                    self.problem(name, message);
                }
            }
            Err(err) => self.problem(name, err.message().to_owned()),
        }
        T::default()
    }

    /// Returns every problem found, unknown sections included. Call after the last `section`.
    pub fn problems(&self) -> Vec<SettingsProblem> {
        let unknown =
            self.table.keys().filter(|key| !self.claimed.contains(key)).map(|key| SettingsProblem {
                path: self.path.clone(),
                section: key.clone(),
                message: "is not a section of the settings; remove it or correct its name".to_owned(),
            });
        self.problems.iter().cloned().chain(unknown).collect()
    }

    /// Replaces one section and writes the file.
    ///
    /// # Errors
    /// When the section cannot be written as TOML or the file system refuses.
    pub fn save_section<T: Serialize>(&mut self, name: &str, section: &T) -> std::io::Result<()> {
        let value = toml::Value::try_from(section).map_err(std::io::Error::other)?;
        self.table.insert(name.to_owned(), value);
        write_atomic(&self.path, self.table.to_string().as_bytes())
    }

    fn problem(&mut self, section: &str, message: String) {
        self.problems.push(SettingsProblem { path: self.path.clone(), section: section.to_owned(), message });
    }
}
