//! HAProxy 2.6 and later, driven through its runtime socket.
