//! A room that others can enter: its key, its journal, its server, its address. The same for
//! `jamlight host` and for the app.

mod advert;
mod digest;
mod home;
mod hosted;
mod net;
mod qr;
mod recordings;
mod settings;
mod shelf;
mod sounds;
mod take;
mod transcript;
mod words;

pub(crate) use advert::Browse;
pub(crate) use digest::{DigestEar, digest};
pub(crate) use home::{JamHome, load_or_begin};
pub(crate) use hosted::{HostOptions, Hosted};
pub(crate) use net::{lan_addresses, link_by_code, link_of};
pub(crate) use qr::{qr_modules, qr_text};
pub(crate) use recordings::Recordings;
pub(crate) use settings::{JamSettings, read_certificate};
pub(crate) use shelf::{HostShelf, find_asset};
pub(crate) use sounds::sha256;
pub(crate) use take::{CodeSound, Listens, Moment, SoundChunk, Take, TakeShelf};
pub(crate) use transcript::{Form, transcript};
pub(crate) use words::deed;
