use sealkit::SecretBytes;

fn print(key: &SecretBytes) {
    println!("{key:x?} {key}");
}

fn main() {}
