use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sync_protocol::{
    Blob, Envelope, ErrorCode, EventKind, MAX_TEXT_BYTES, MAX_TEXT_UPDATE_BYTES, MAX_TEXTS, ROOT_TEXT,
    TextId, TextState,
};
use yrs::block::ClientID;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, Transact, Update};

use crate::check::{self, refuse};

/// Updates after which a text's last good state is taken anew.
const UPDATES_PER_CHECKPOINT: usize = 256;
/// What an update of nothing looks like.
const EMPTY_UPDATE: [u8; 2] = [0, 0];

/// The shared texts of a room.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts {
    texts: BTreeMap<TextId, SharedText>,
}

impl Texts {
    pub(crate) fn from_state(state: Vec<TextState>) -> Self {
        let text = |one: TextState| (one.id, SharedText::from_update(0, one.update.0));
        Self { texts: state.into_iter().map(text).collect() }
    }

    pub(crate) fn state(&self) -> Vec<TextState> {
        let state =
            |(id, text): (&TextId, &SharedText)| TextState { id: id.clone(), update: Blob(text.state()) };
        self.texts.iter().map(state).collect()
    }

    pub(crate) fn get(&self, id: &TextId) -> Option<&SharedText> {
        self.texts.get(id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &TextId> {
        self.texts.keys()
    }

    pub(crate) fn decide(&self, text: &TextId, update: &Blob) -> Result<Option<EventKind>, Envelope> {
        check::text_id(text)?;
        let size_bytes = update.0.len();
        if size_bytes > MAX_TEXT_UPDATE_BYTES {
            let message = format!("the edit has {size_bytes} bytes, the limit is {MAX_TEXT_UPDATE_BYTES}");
            return Err(refuse(ErrorCode::LimitReached, message, "update"));
        }
        match self.get(text) {
            None if self.texts.len() >= MAX_TEXTS => {
                let message = format!("the room has {MAX_TEXTS} texts, which is its limit");
                return Err(refuse(ErrorCode::LimitReached, message, "text"));
            }
            Some(known) if known.size_bytes + size_bytes > MAX_TEXT_BYTES => {
                let message =
                    format!("the text and its past reach {MAX_TEXT_BYTES} bytes: go on in a new one");
                return Err(refuse(ErrorCode::LimitReached, message, "text"));
            }
            _ => {}
        }
        decode(&update.0).ok_or_else(|| {
            refuse(ErrorCode::Malformed, "the edit is no Yjs update of version 1", "update")
        })?;
        let is_new = self.get(text).is_none();
        let changes = update.0 != EMPTY_UPDATE || is_new;
        Ok(changes.then(|| EventKind::TextEdited { text: text.clone(), update: update.clone() }))
    }

    pub(crate) fn evolve(&mut self, kind: &EventKind) {
        if let EventKind::TextEdited { text, update } = kind {
            self.texts.entry(text.clone()).or_insert_with(|| SharedText::new(0)).apply(&update.0);
        }
    }
}

/// One shared text: a Yjs document whose `code` is the text. Bytes from guests go through it: a panic
/// in the library costs the update, never the room.
#[derive(Debug)]
pub(crate) struct SharedText {
    doc: Doc,
    client: u64,
    /// The size of all updates it was made of.
    size_bytes: usize,
    /// The last good state, and what came since: what it is rebuilt from.
    checkpoint: Vec<u8>,
    since: Vec<Vec<u8>>,
}

impl Clone for SharedText {
    fn clone(&self) -> Self {
        Self { size_bytes: self.size_bytes, ..Self::from_update(self.client, self.state()) }
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        self.state_vector() == other.state_vector() && self.state() == other.state()
    }
}

impl SharedText {
    /// Makes an empty text. `client` names whose edits its own are; 0 when it makes none.
    pub(crate) fn new(client: u64) -> Self {
        Self {
            doc: new_doc(client),
            client,
            size_bytes: 0,
            checkpoint: EMPTY_UPDATE.to_vec(),
            since: Vec::new(),
        }
    }

    pub(crate) fn from_update(client: u64, update: Vec<u8>) -> Self {
        let mut text = Self::new(client);
        text.apply(&update);
        text.checkpoint = update;
        text.since.clear();
        text
    }

    /// Returns the text.
    pub(crate) fn content(&self) -> String {
        let txn = self.doc.transact();
        txn.get_text(ROOT_TEXT).map(|text| text.get_string(&txn)).unwrap_or_default()
    }

    /// Returns everything as one update.
    pub(crate) fn state(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    pub(crate) fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// Returns what a copy with this state vector lacks.
    pub(crate) fn missing_in(&self, state_vector: &[u8]) -> Option<Vec<u8>> {
        let vector = catch_unwind(|| StateVector::decode_v1(state_vector).ok()).ok().flatten()?;
        Some(self.doc.transact().encode_state_as_update_v1(&vector))
    }

    /// Makes an edit of its own and returns it as an update. Positions are UTF-16 units and clamped.
    pub(crate) fn edit(&mut self, range: Range<u32>, insert: &str) -> Vec<u8> {
        let text = self.doc.get_or_insert_text(ROOT_TEXT);
        let before = self.doc.transact().state_vector();
        {
            let mut txn = self.doc.transact_mut();
            let len = text.len(&txn);
            let start = range.start.min(len);
            let removed = range.end.clamp(start, len) - start;
            if removed > 0 {
                text.remove_range(&mut txn, start, removed);
            }
            if !insert.is_empty() {
                text.insert(&mut txn, start, insert);
            }
        }
        let update = self.doc.transact().encode_state_as_update_v1(&before);
        self.remember(&update);
        update
    }

    /// Takes an update over. One that makes the library panic changes nothing.
    pub(crate) fn apply(&mut self, update: &[u8]) {
        let Some(decoded) = decode(update) else { return };
        let doc = &self.doc;
        let applied = catch_unwind(AssertUnwindSafe(|| doc.transact_mut().apply_update(decoded).is_ok()));
        match applied {
            Ok(true) => self.remember(update),
            _ => self.rebuild(),
        }
    }

    fn remember(&mut self, update: &[u8]) {
        self.size_bytes += update.len();
        self.since.push(update.to_vec());
        if self.since.len() >= UPDATES_PER_CHECKPOINT {
            self.checkpoint = self.state();
            self.since.clear();
        }
    }

    /// A document half way through a panic is not to be trusted: it is made again without the update.
    fn rebuild(&mut self) {
        let doc = new_doc(self.client);
        for update in std::iter::once(&self.checkpoint).chain(&self.since) {
            if let Some(update) = decode(update) {
                // Each of them was applied before.
                let _ = doc.transact_mut().apply_update(update);
            }
        }
        self.doc = doc;
    }
}

fn new_doc(client: u64) -> Doc {
    // Given, not drawn: the same calls make the same document.
    let mut options = Options::with_guid_and_client_id("".into(), ClientID::new(client));
    options.offset_kind = OffsetKind::Utf16;
    Doc::with_options(options)
}

/// The library's decoder panics on some malformed bytes.
fn decode(update: &[u8]) -> Option<Update> {
    catch_unwind(|| Update::decode_v1(update).ok()).ok().flatten()
}
