//! Writes the descriptions of the API: `cargo run -p sync-server --example describe -- docs`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a tool for one's own machine")]

fn main() {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs".to_owned()));
    for (name, description) in
        [("openapi.json", sync_server::openapi()), ("room-socket.json", sync_server::room_messages())]
    {
        let text = serde_json::to_string_pretty(&description).unwrap();
        std::fs::write(folder.join(name), text + "\n").unwrap();
    }
}
