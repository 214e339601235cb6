//! Coming in by six digits: see [`CodeAsked`].

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::hmac;
use spake2::{Ed25519Group, Identity, Password, Spake2};
use sync_protocol::{
    Blob, CODE_DIGITS, CODE_GUEST, CODE_HOST, CodeAnswered, CodeAsked, Envelope, ErrorCode, Role, RoomId,
};

use crate::identity::random_bytes;

pub(crate) type Exporter = [u8; 32];
/// Wrong proofs before a code is replaced.
const TRIES: u32 = 3;
/// How long one code is good: somebody reads it aloud.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Exchanges that have begun and not ended; the oldest goes (`DropOldest`).
const MAX_EXCHANGES: usize = 32;

/// A code that lets somebody in who has no link.
#[derive(Clone, PartialEq, Eq)]
pub struct ShortCode {
    /// Six digits, to be said or typed.
    pub digits: String,
    /// Wrong tries until there is another code, 1–3.
    pub tries_left: u32,
}

impl std::fmt::Debug for ShortCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShortCode").field("tries_left", &self.tries_left).finish_non_exhaustive()
    }
}

/// The short code of a host, if it has one open.
#[derive(Default)]
pub(crate) struct Codes {
    /// Held for a millisecond of arithmetic; nothing else is locked under it.
    book: Mutex<Book>,
}

impl std::fmt::Debug for Codes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Codes(…)")
    }
}

#[derive(Default)]
struct Book {
    open: Option<Open>,
    exchanges: VecDeque<Exchange>,
    last_exchange: u64,
}

struct Open {
    digits: String,
    room: RoomId,
    role: Role,
    tries_left: u32,
    ends: Instant,
}

struct Exchange {
    id: u64,
    key: hmac::Key,
    /// What both proofs are about, after the identity.
    bound: Vec<u8>,
}

impl Codes {
    /// Opens a code into a room, in the place of the one before.
    pub(crate) fn open(&self, room: RoomId, role: Role) -> Result<String, Envelope> {
        let digits = random_digits()?;
        let mut book = self.book();
        book.exchanges.clear();
        let ends = Instant::now() + LIFE;
        book.open = Some(Open { digits: digits.clone(), room, role, tries_left: TRIES, ends });
        Ok(digits)
    }

    /// Returns the code that is good now. It changes after three wrong tries, and a quarter of an hour.
    pub(crate) fn now(&self) -> Option<ShortCode> {
        let mut book = self.book();
        book.keep_fresh().ok()?;
        let open = book.open.as_ref()?;
        Some(ShortCode { digits: open.digits.clone(), tries_left: open.tries_left })
    }

    /// Closes the code: nobody comes in by it any more.
    pub(crate) fn close(&self) {
        *self.book() = Book::default();
    }

    /// The first step. Which room, and whether there is a code at all, nobody learns by it.
    fn hello(&self, message: &Blob, exporter: &Exporter) -> Result<CodeAnswered, Envelope> {
        let mut book = self.book();
        book.keep_fresh()?;
        let digits = match &book.open {
            Some(open) => open.digits.clone(),
            // Nobody can guess this one.
            None => random_digits()? + &random_digits()? + &random_digits()?,
        };
        let (state, own) = Spake2::<Ed25519Group>::start_b(
            &Password::new(digits.as_bytes()),
            &Identity::new(CODE_GUEST),
            &Identity::new(CODE_HOST),
        );
        let key = state
            .finish(&message.0)
            .map_err(|_| Envelope::new(ErrorCode::Malformed, "this is no first step with a code"))?;
        book.last_exchange += 1;
        let id = book.last_exchange;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let bound = [&exporter[..], &message.0, &own].concat();
        book.exchanges.push_back(Exchange { id, key, bound });
        if book.exchanges.len() > MAX_EXCHANGES {
            book.exchanges.pop_front();
        }
        Ok(CodeAnswered::Hello { exchange: id, message: Blob(own) })
    }

    /// The second step: returns the host's proof, and where the guest may go as what. A wrong proof
    /// costs a try, and after three the code is another one.
    fn proof(&self, exchange: u64, proof: &Blob) -> Result<(Blob, RoomId, Role), Envelope> {
        let wrong = || Envelope::new(ErrorCode::Unauthorized, "this is not the code that the host shows now");
        let mut book = self.book();
        book.keep_fresh()?;
        let at = book.exchanges.iter().position(|one| one.id == exchange).ok_or_else(wrong)?;
        let exchange = book.exchanges.remove(at).ok_or_else(wrong)?;
        let Some(open) = book.open.as_mut() else { return Err(wrong()) };
        let said = |who: &[u8]| [who, &exchange.bound].concat();
        if hmac::verify(&exchange.key, &said(CODE_GUEST), &proof.0).is_err() {
            open.tries_left = open.tries_left.saturating_sub(1);
            if open.tries_left == 0 {
                book.renew()?;
            }
            return Err(wrong());
        }
        let own = hmac::sign(&exchange.key, &said(CODE_HOST));
        Ok((Blob(own.as_ref().to_vec()), open.room.clone(), open.role))
    }

    /// Answers one step; `link` makes the invite once it is earned.
    pub(crate) fn answer(
        &self,
        asked: CodeAsked,
        exporter: &Exporter,
        link: impl FnOnce(&RoomId, Role) -> Result<String, Envelope>,
    ) -> Result<CodeAnswered, Envelope> {
        match asked {
            CodeAsked::Hello { message } => self.hello(&message, exporter),
            CodeAsked::Proof { exchange, proof } => {
                let (proof, room, role) = self.proof(exchange, &proof)?;
                Ok(CodeAnswered::Link { proof, link: link(&room, role)? })
            }
            _ => Err(Envelope::new(ErrorCode::Malformed, "there is no such step")),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Makes another code in the place of one whose time is over.
    fn keep_fresh(&mut self) -> Result<(), Envelope> {
        if self.open.as_ref().is_some_and(|open| open.ends <= Instant::now()) { self.renew() } else { Ok(()) }
    }

    /// Makes another code. What began with the old one ends with it.
    fn renew(&mut self) -> Result<(), Envelope> {
        self.exchanges.clear();
        let Some(open) = &mut self.open else { return Ok(()) };
        open.digits = random_digits()?;
        open.tries_left = TRIES;
        open.ends = Instant::now() + LIFE;
        Ok(())
    }
}

fn random_digits() -> Result<String, Envelope> {
    // Of 64 random bits the remainder is uniform to one part in 10^13.
    let bytes = random_bytes().map_err(|error| Envelope::new(ErrorCode::Internal, error.to_string()))?;
    let number = u64::from_le_bytes(bytes) % 10_u64.pow(CODE_DIGITS as u32);
    Ok(format!("{number:0CODE_DIGITS$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORTER: Exporter = [7; 32];

    /// What a guest does, with the code it was told and the exporter of its own connection.
    fn guest(codes: &Codes, digits: &str, exporter: &Exporter) -> Result<(RoomId, Role), Envelope> {
        let (state, own) = Spake2::<Ed25519Group>::start_a(
            &Password::new(digits.as_bytes()),
            &Identity::new(CODE_GUEST),
            &Identity::new(CODE_HOST),
        );
        let CodeAnswered::Hello { exchange, message } = codes.hello(&Blob(own.clone()), &EXPORTER)? else {
            panic!("no hello")
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &state.finish(&message.0).unwrap());
        let bound = [&exporter[..], &own, &message.0].concat();
        let proof = hmac::sign(&key, &[CODE_GUEST, &bound].concat());
        let (proof, room, role) = codes.proof(exchange, &Blob(proof.as_ref().to_vec()))?;
        hmac::verify(&key, &[CODE_HOST, &bound].concat(), &proof.0).expect("the host knows the code too");
        Ok((room, role))
    }

    #[test]
    fn six_digits_let_in_whoever_knows_them_on_this_very_connection() {
        let codes = Codes::default();
        assert_eq!(codes.now(), None);
        assert!(guest(&codes, "000000", &EXPORTER).is_err(), "no code is open");
        let digits = codes.open("jam".into(), Role::Viewer).unwrap();
        assert_eq!((digits.len(), codes.now().unwrap().digits), (CODE_DIGITS, digits.clone()));
        assert_eq!(guest(&codes, &digits, &EXPORTER).unwrap(), ("jam".into(), Role::Viewer));
        let relayed = guest(&codes, &digits, &[8; 32]).unwrap_err();
        assert_eq!(relayed.code, ErrorCode::Unauthorized, "somebody between two connections");
        codes.close();
        assert!(guest(&codes, &digits, &EXPORTER).is_err());
    }

    #[test]
    fn three_wrong_tries_make_a_new_code() {
        let codes = Codes::default();
        let digits = codes.open("jam".into(), Role::Performer).unwrap();
        let wrong = if digits == "123456" { "123457" } else { "123456" };
        for wrong_tries in 0..TRIES {
            let now = ShortCode { digits: digits.clone(), tries_left: TRIES - wrong_tries };
            assert_eq!(codes.now(), Some(now));
            assert!(guest(&codes, wrong, &EXPORTER).is_err());
        }
        let new = codes.now().unwrap().digits;
        assert_ne!(new, digits);
        assert!(guest(&codes, &digits, &EXPORTER).is_err(), "the old one is not good any more");
        assert!(guest(&codes, &new, &EXPORTER).is_ok());
    }

    #[test]
    fn a_proof_counts_once_and_nonsense_is_refused() {
        let codes = Codes::default();
        codes.open("jam".into(), Role::Performer).unwrap();
        assert!(codes.hello(&Blob(vec![1, 2, 3]), &EXPORTER).is_err());
        assert!(codes.proof(99, &Blob(vec![0; 32])).is_err());
    }
}
