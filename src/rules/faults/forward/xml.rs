//! XML, read forward with `quick-xml`.

use std::io;
use std::sync::Arc;

use quick_xml::events::Event;
use quick_xml::{Error, Reader};

use super::{HELD, Metered};
use crate::rules::faults::xml::{State, Wrong, configure, unfinished};
use crate::rules::faults::{FaultKind, Faults};

/// Reads a document.
pub(in super::super) fn walk(
    data: &mut Metered<'_>,
    (name, head): (&[u8], &[u8]),
    faults: &mut Faults,
) -> io::Result<()> {
    let meter = data.meter;
    let before = meter.at.get();
    let mut reader = Reader::from_reader(data);
    configure(reader.config_mut());
    let mut state = State::new(name, head);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        meter.step();
        let start = reader.buffer_position();
        let step = match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => match state.unfinished(start) {
                Some((at, Some(_))) => Err(Wrong::cut(at, "an element is never closed")),
                Some((at, None)) => Err(Wrong::cut(at, unfinished(None))),
                None => return Ok(()),
            },
            Ok(event) => state.take(&event, start),
            Err(Error::Io(error)) => {
                let error = Arc::try_unwrap(error).unwrap_or_else(|error| error.kind().into());
                return meter.refuse(error, faults);
            }
            Err(Error::Encoding(_)) => {
                faults.not_utf8(before + start);
                return Ok(());
            }
            Err(error) => Err(Wrong::of(&error, reader.error_position())),
        };
        if let Err(wrong) = step {
            let at = before + wrong.at.start;
            let detail = format!("offset {at}: {}", wrong.what);
            if wrong.is_cut {
                faults.truncated(at, detail);
            } else {
                faults.malformed(at, 1, detail);
            }
            return Ok(());
        }
        if state.names() > HELD {
            let at = before + start;
            let detail =
                format!("from offset {at} on, for the names of open elements are too long");
            faults.tell(FaultKind::Unread, at, 0, detail);
            return Ok(());
        }
    }
}
