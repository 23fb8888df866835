// SPDX-License-Identifier: MIT OR Apache-2.0
//! The numbers that registers and ring entries share.

use core::fmt;

/// An enumeration with the numbers of the ABI, a printed name and a meaning for the book.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $value:literal, $printed:literal, $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name {
            $(#[doc = $meaning] $variant = $value,)*
        }

        impl $name {
            /// Every value, in the order of the numbers.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The value with this number.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($value => Some($name::$variant),)*
                    _ => None,
                }
            }

            /// The number.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The name as printed.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $printed,)*
                }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $($name::$variant => $meaning,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

codes! {
    /// The states of RFC 9293, section 3.3.2 (4 bits).
    State {
        Closed = 0, "CLOSED", "No connection, or one that has ended.";
        Listen = 1, "LISTEN", "Never the state of a flow: listening belongs to a port.";
        SynSent = 2, "SYN-SENT", "An active open has sent its SYN.";
        SynReceived = 3, "SYN-RECEIVED", "A SYN has come and a SYN has been sent.";
        Established = 4, "ESTABLISHED", "Data flows both ways.";
        FinWait1 = 5, "FIN-WAIT-1", "The host has closed its sending side; the FIN is not acknowledged yet.";
        FinWait2 = 6, "FIN-WAIT-2", "Our FIN is acknowledged, the peer still sends.";
        CloseWait = 7, "CLOSE-WAIT", "The peer has closed its sending side.";
        Closing = 8, "CLOSING", "Both sides have closed at once; our FIN is not acknowledged yet.";
        LastAck = 9, "LAST-ACK", "The peer closed first, then the host; our FIN is not acknowledged yet.";
        TimeWait = 10, "TIME-WAIT", "Waiting 2 MSL after an active close.";
    }
}

codes! {
    /// Why a connection ended (3 bits).
    Reason {
        Normal = 0, "normal", "Not ended, or ended by FINs.";
        Refused = 1, "refused", "RST in answer to our SYN.";
        Reset = 2, "reset", "RST from the peer.";
        TimedOut = 3, "timed out", "No acknowledgement within the limit of retransmissions.";
        Unreachable = 4, "unreachable", "The next hop does not answer ARP.";
        Aborted = 5, "aborted", "Aborted by the host, or reset by the card because data came after `Close`.";
    }
}

codes! {
    /// What a submission entry asks for (8 bits).
    Opcode {
        Nop = 0, "NOP", "Does nothing: completes with OK.";
        Open = 1, "OPEN", "Active open. Completes when the flow is allocated; progress comes by events.";
        Listen = 2, "LISTEN", "The port listens from now on. OK also if it did already.";
        Unlisten = 3, "UNLISTEN", "The port listens no more; its connections stay. OK also if it did not.";
        Shutdown = 4, "SHUTDOWN", "Close the sending side: a FIN follows the queued data.";
        Close = 5, "CLOSE", "Close the sending side and give the flow back; with unread data an RST is sent (RFC 2525, 2.17).";
        Abort = 6, "ABORT", "Send an RST and give the flow back.";
    }
}

codes! {
    /// How a command ended (8 bits).
    Status {
        Ok = 0, "OK", "Done.";
        BadOpcode = 1, "BAD_OPCODE", "No such opcode.";
        BadFlow = 2, "BAD_FLOW", "The flow number is not below FLOWS, or the flow is not the host's, or the generation is not the flow's.";
        BadState = 3, "BAD_STATE", "Not possible in the flow's state.";
        InUse = 4, "IN_USE", "OPEN: a connection with these addresses and ports exists.";
        Full = 5, "FULL", "OPEN: every flow is in use.";
        BadAddress = 6, "BAD_ADDRESS", "OPEN: not a v4-mapped unicast address, or port 0.";
        NotReady = 7, "NOT_READY", "The card is not enabled.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_fit() {
        for (i, state) in State::ALL.iter().enumerate() {
            assert_eq!(state.code() as usize, i);
            assert_eq!(State::from_code(i as u8), Some(*state));
        }
        assert!(State::ALL.len() <= 15, "15 is all ones");
        assert!(Reason::ALL.len() <= 7, "7 is all ones");
        assert_eq!(State::from_code(11), None);
        assert_eq!(Status::from_code(0xff), None);
        assert_eq!(Opcode::from_code(0xff), None);
        assert_eq!(State::TimeWait.to_string(), "TIME-WAIT");
    }
}
