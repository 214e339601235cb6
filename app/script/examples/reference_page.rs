//! Prints the language's reference: `cargo run -p app-script --example reference_page > docs/reference.md`.

fn main() {
    print!("{}", app_script::reference_page());
}
