//! Systems without Unix sockets: no engine can start a pod there.

use std::io;

use sealkit_protocol::Problem;

/// The socket between a program and its engine. It does not exist on this system.
#[derive(Debug)]
pub enum Socket {}

impl io::Read for &Socket {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match **self {}
    }
}

impl io::Write for &Socket {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match **self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match **self {}
    }
}

pub(crate) fn secret(_: &str) -> Option<&'static [u8]> {
    None
}

pub(crate) fn engine_socket() -> Option<&'static Socket> {
    None
}

pub(crate) fn query_socket() -> Option<&'static Socket> {
    None
}

pub(crate) fn engine_problem() -> Option<&'static Problem> {
    None
}
