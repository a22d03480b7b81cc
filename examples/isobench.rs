use premaster::{readers, source::FileSource, source::Source};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let s = FileSource::open(std::path::Path::new(&path)).unwrap();
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let r = readers::READERS.iter().find(|r| r.doc.id == "iso9660").unwrap();
        let v = readers::list(r, &s as &dyn Source, b"x");
        println!(
            "{:?} nodes {} contents {} claims {} residues {} defects {} unread {} {:?}",
            t.elapsed(),
            v.nodes.len(),
            v.contents.len(),
            v.claims.len(),
            v.residues.len(),
            v.defects.len(),
            v.unread.len(),
            v.views.iter().map(|v| (v.name, v.layout_agrees, v.layout_fields)).collect::<Vec<_>>()
        );
        for d in v.defects.iter().take(5) {
            println!("{d:?}");
        }
        for d in v.residues.iter().take(5) {
            println!("{d:?}");
        }
        for d in v.unread.iter().take(5) {
            println!("{d:?}");
        }
    }
}
