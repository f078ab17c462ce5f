// The numbers of the requests between nodes of classic pub/sub, as the reference has them.

export const SOCKETS = 0;
export const ALL_ROOMS = 1;
export const REMOTE_JOIN = 2;
export const REMOTE_LEAVE = 3;
export const REMOTE_DISCONNECT = 4;
export const REMOTE_FETCH = 5;
export const SERVER_SIDE_EMIT = 6;
export const BROADCAST = 7;
export const BROADCAST_CLIENT_COUNT = 8;
export const BROADCAST_ACK = 9;

/**
 * What the reference has no number for has that of MessageType, and this added to it. Its nodes
 * ignore what they do not know.
 */
export const OWN_TYPES_FROM = 100;

/** Before MessagePack that is of this package whatever the parser: no value of MessagePack begins so. */
export const OWN_CODEC = 0xc1;
