use std::time::Duration;

use anyhow::{Context as _, bail};

/// What fails on purpose.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Drills {
    /// Loses the show's device every so many frames.
    pub lose_device_every: Option<u64>,
    /// Loses the control window's device every so many of its frames.
    pub lose_window_every: Option<u64>,
    /// Loses the audio device this often.
    pub lose_audio_every: Option<Duration>,
    /// Panics in a panel, once each so many frames of the window.
    pub panic_panel_every: Option<u64>,
    /// Puts a scene on stage that does not compile.
    pub break_scene: bool,
    /// Stops giving signs of life after this long.
    pub hang_after: Option<Duration>,
    /// Prints each picture's number and what was heard in it: `frame …` lines on standard error.
    pub trace_frames: bool,
    /// Prints what becomes of each of the user's scenes: `scene …` lines on standard error.
    pub trace_scenes: bool,
    /// Prints the way of each evaluation to its first note, and how often the sound broke off.
    pub trace_code: bool,
    /// Prints each click that was played into the room and when its picture was submitted.
    pub trace_clicks: bool,
}

impl Drills {
    /// Reads `name` or `name=N`.
    ///
    /// # Errors
    /// Names the drill that is not one, or its number that is not one.
    pub(crate) fn parse(drills: &[String]) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for drill in drills {
            let (name, value) = drill.split_once('=').unwrap_or((drill, ""));
            let number = || {
                value
                    .parse::<u64>()
                    .ok()
                    .filter(|n| *n > 0)
                    .with_context(|| format!("drill {name:?} wants a number: {name}=N"))
            };
            match name {
                "lose-device-every" => all.lose_device_every = Some(number()?),
                "lose-window-every" => all.lose_window_every = Some(number()?),
                "lose-audio-every" => all.lose_audio_every = Some(Duration::from_secs(number()?)),
                "panic-panel" => all.panic_panel_every = Some(if value.is_empty() { 60 } else { number()? }),
                "break-scene" => all.break_scene = true,
                "hang-after" => all.hang_after = Some(Duration::from_secs(number()?)),
                "trace-frames" => all.trace_frames = true,
                "trace-scenes" => all.trace_scenes = true,
                "trace-code" => all.trace_code = true,
                "trace-clicks" => all.trace_clicks = true,
                _ => bail!("there is no drill {name:?}"),
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drills_are_read_and_nonsense_is_refused() {
        let parse = |drill: &str| Drills::parse(&[drill.to_owned()]);
        assert_eq!(parse("lose-device-every=7").unwrap().lose_device_every, Some(7));
        assert_eq!(parse("lose-audio-every=2").unwrap().lose_audio_every, Some(Duration::from_secs(2)));
        assert_eq!(parse("panic-panel").unwrap().panic_panel_every, Some(60));
        for wrong in ["lose-device-every", "lose-device-every=0", "explode"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
