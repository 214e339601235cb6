//! A host without a show, for looking at the guest page and for `cargo xtask guest --check`: prints one
//! line of JSON with its links, shows a moving picture, keeps a beat, and ends with its standard input.
//! `guest <port> <state file> [--plain]`: a second one with the same file is the same host, started
//! again.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool for one's own machine: it may end with what went wrong"
)]

use std::f64::consts::PI;
use std::io::Read;
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use sync_hub::Hub;
use sync_protocol::{Command, ParamCard, ParamShape, ParamValue, Role, SceneCard, Show, Transport};
use sync_server::{Door, Identity, Server, Settings};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;
const TEMPO_BPM: f64 = 124.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(0, |port| port.parse().unwrap());
    let file = arguments.next().unwrap();
    let tls = arguments.next().is_none();
    let saved = std::fs::read_to_string(&file).ok();
    let parts: Option<Vec<&str>> = saved.as_ref().map(|saved| saved.split('\u{0}').collect());
    let (identity, door) = match parts.as_deref() {
        Some([key, door]) => (Identity::from_pem(key).unwrap(), Door::restore(door).unwrap()),
        _ => (Identity::generate().unwrap(), Door::default()),
    };
    let (hub, host) = Hub::solo(Show { title: "Friday".to_owned(), ..Show::default() }).unwrap();
    let settings = Settings {
        bind: std::net::Ipv4Addr::LOCALHOST.into(),
        port,
        tls,
        max_conns_per_address: 200,
        ..Settings::default()
    };
    let room = hub.room().id().clone();
    let server = Server::start_with(settings, &identity, vec![hub.room().clone()], door).unwrap();
    server.set_scenes([card()]);
    let link = |role| server.invite(&room, role, 1_000, Duration::from_secs(3_600)).unwrap().1.reveal();
    println!(
        "{}",
        serde_json::json!({
            "viewer": link(Role::Viewer),
            "performer": link(Role::Performer),
            "co_host": link(Role::CoHost),
            "token": server.host_token(&room).unwrap().reveal(),
            "yjs": server.yjs_url(&room, "stock", Role::Performer).unwrap(),
        })
    );
    for name in ["flow", "glow", "hits", "tint", "place", "mirror", "shape"] {
        host.send(Command::OpenParam { layer: host.show().layers[0].id, name: name.to_owned(), open: true })
            .unwrap();
    }
    let ends = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let transport = Transport { tempo_bpm: TEMPO_BPM, confidence: 1.0, ..Transport::default() };
    let mut pictures: Vec<Option<bytes::Bytes>> = vec![None; 16];
    let start = Instant::now();
    while !ends.is_finished() {
        std::thread::sleep(Duration::from_millis(125));
        let secs = start.elapsed().as_secs_f64();
        let beat = transport.beat_at(secs);
        host.share_transport(&transport, secs);
        if server.num_watchers() > 0 {
            // A bar of pictures, each drawn once.
            let idx = (beat * 4.0) as usize % pictures.len();
            let jpeg = pictures[idx].get_or_insert_with(|| picture(idx as f64 / 4.0).into()).clone();
            server.publish_picture(jpeg);
        }
    }
    std::fs::write(file, format!("{}\u{0}{}", identity.to_pem(), server.door().save())).unwrap();
    server.stop();
    hub.stop();
}

fn card() -> SceneCard {
    let control = |name: &str, label: &str, shape, default| ParamCard {
        name: name.to_owned(),
        label: label.to_owned(),
        shape,
        default,
    };
    let unit = ParamShape::Float { min: 0.0, max: 1.0 };
    let number = |value| Some(ParamValue::Number(value));
    SceneCard {
        id: sync_protocol::DEFAULT_SCENE.into(),
        name: "Aurora Ring".to_owned(),
        kind: "native".to_owned(),
        tags: Vec::new(),
        author: "Jamlight".to_owned(),
        params: vec![
            control("flow", "Flow", unit.clone(), number(0.5)),
            control("glow", "Glow", ParamShape::Float { min: 0.0, max: 4.0 }, number(1.0)),
            control("hits", "Spark", ParamShape::Event, None),
            control("mirror", "Mirror", ParamShape::Bool, Some(ParamValue::Bool(false))),
            control(
                "shape",
                "Shape",
                ParamShape::Choice {
                    options: vec![(0, "Ring".into()), (1, "Veil".into()), (2, "Rain".into())],
                },
                number(0.0),
            ),
            control("tint", "Tint", ParamShape::Color, Some(ParamValue::Color([1.0, 0.69, 0.36, 1.0]))),
            control(
                "place",
                "Centre",
                ParamShape::Point { min: [-1.0, -1.0], max: [1.0, 1.0] },
                Some(ParamValue::Point([0.0, 0.0])),
            ),
            control("grain", "Grain", unit, number(0.2)),
        ],
    }
}

fn picture(beat: f64) -> Vec<u8> {
    let mut rgb = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    let pulse = 1.0 - beat.fract() * 0.5;
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (dx, dy) = ((f64::from(x) - 160.0) / 90.0, (f64::from(y) - 90.0) / 90.0);
            let ring = (-((dx.hypot(dy) - 0.55).abs() * 9.0)).exp() * pulse;
            let angle = (dy.atan2(dx) + beat * PI / 2.0).sin() * 0.5 + 0.5;
            let light = |part: f64| (255.0 * (ring * part).min(1.0)) as u8;
            rgb.extend([light(1.4), light(0.3 + 0.6 * angle), light(1.1 - angle)]);
        }
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 75)
        .encode(&rgb, WIDTH, HEIGHT, image::ExtendedColorType::Rgb8)
        .unwrap();
    jpeg
}
